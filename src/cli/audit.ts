// `audit`: is the chain whole, and what happened.
import { AuditKind } from '../audit/audit.ts'
import { AuditRecord } from '../audit/chain.ts'
import { readAudit, verifyAudit } from '../audit/verify.ts'
import { UsageError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { loadAuditKey } from '../safety/signature.ts'
import { type Desk, withDesk } from './approvals.ts'
import type { Io } from './io.ts'
import { oneOf, type Parsed, readOptions, text } from './options.ts'

const USAGE = `Usage: firstmate audit verify
       firstmate audit export [--output json|csv] [--kind KIND] [--who PERSON] [--since RFC3339] [--until RFC3339] [--subject ID]
       firstmate audit tail [COUNT]

verify exits 1 when a record was edited, deleted, reordered, or the tail cut (with AUDIT_ANCHOR=FILE).
`
const COLUMNS = ['seq', 'at', 'kind', 'who', 'cluster', 'thread', 'subject', 'digest', 'data'] as const

export async function audit(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(
    args,
    {
      output: { type: 'string' },
      kind: { type: 'string' },
      who: { type: 'string' },
      since: { type: 'string' },
      until: { type: 'string' },
      subject: { type: 'string' },
    },
    USAGE,
    io,
    2,
  )
  if (!parsed) return 0
  const [verb = 'verify', count] = parsed.positionals
  return withDesk((desk) => {
    if (verb === 'verify') return verify(desk, io)
    if (verb === 'export') return exportAll(desk, parsed, io)
    if (verb === 'tail') return tail(desk, Number(count ?? 20), io)
    throw new UsageError(`audit has no "${verb}"; allowed are verify, export and tail.`)
  })
}

async function verify(desk: Desk, io: Io): Promise<number> {
  const { records, faults } = await verifyAudit(desk.store, await loadAuditKey(desk.config), desk.config.AUDIT_ANCHOR)
  for (const fault of faults) io.out(`✗ ${fault}\n`)
  if (faults.length === 0)
    io.out(
      `✓ ${records} records, the chain is whole${desk.config.AUDIT_ANCHOR ? '' : ' (a cut tail cannot be seen without AUDIT_ANCHOR)'}\n`,
    )
  return faults.length === 0 ? 0 : 1
}

async function exportAll(desk: Desk, parsed: Parsed, io: Io): Promise<number> {
  const output = oneOf(text(parsed, 'output'), ['json', 'csv'] as const, 'output', 'json')
  const keep = filterOf(parsed)
  if (output === 'csv') io.out(`${COLUMNS.join(',')}\n`)
  for await (const { text: line } of readAudit(desk.store)) {
    const record = AuditRecord.safeParse(JSON.parse(line))
    if (!record.success || !keep(record.data)) continue
    io.out(`${redact(output === 'json' ? JSON.stringify(record.data) : csvLine(record.data))}\n`)
  }
  return 0
}

function filterOf(parsed: Parsed): (record: AuditRecord) => boolean {
  const [who, subject] = [text(parsed, 'who'), text(parsed, 'subject')]
  const kind =
    parsed.values.kind === undefined ? undefined : oneOf(text(parsed, 'kind'), AuditKind.options, 'kind', 'question')
  const since = timeOf(text(parsed, 'since'), 'since')
  const until = timeOf(text(parsed, 'until'), 'until')
  return (record) => {
    const at = Date.parse(record.at)
    return (
      (!kind || record.kind === kind) &&
      (!who || record.who === who) &&
      (!subject || record.subject === subject) &&
      (since === undefined || at >= since) &&
      (until === undefined || at < until)
    )
  }
}

function timeOf(value: string | undefined, name: string): number | undefined {
  if (value === undefined) return undefined
  const at = Date.parse(value)
  if (Number.isNaN(at)) throw new UsageError(`--${name} is "${value}"; allowed is a time such as 2026-10-14T09:42:17Z.`)
  return at
}

/** A cell that a spreadsheet would run as a formula gets an apostrophe before it. */
function csvLine(record: AuditRecord): string {
  return COLUMNS.map((column) => {
    const value = record[column]
    const cell = typeof value === 'object' ? JSON.stringify(value) : String(value ?? '')
    return `"${(/^[=+\-@\t\r\n|%]/.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`
  }).join(',')
}

async function tail(desk: Desk, count: number, io: Io): Promise<number> {
  if (!Number.isInteger(count) || count < 1 || count > 10_000)
    throw new UsageError('audit tail takes a number of records from 1 to 10000.')
  const all: string[] = []
  for await (const { text: line } of readAudit(desk.store)) {
    all.push(line)
    if (all.length > count) all.shift()
  }
  for (const line of all) {
    const { at, kind, who, subject = '', data } = AuditRecord.parse(JSON.parse(line))
    io.out(
      redact(
        `${at.slice(0, 19)}Z ${kind.padEnd(9)} ${who.padEnd(20)} ${subject.slice(0, 30)} ${JSON.stringify(data).slice(0, 160)}\n`,
      ),
    )
  }
  return 0
}
