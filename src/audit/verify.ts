// Reading the audit back: is the chain whole, and does it reach as far as the anchor remembers?
import { readFile } from 'node:fs/promises'
import type { Store } from '../store/store.ts'
import { AUDIT_LIST, AuditRecord, recordHmac, sameHmac } from './chain.ts'

const PAGE = 1000

export interface Verified {
  records: number
  /** each a sentence; empty: the chain is whole */
  faults: string[]
}

export async function* readAudit(store: Store): AsyncGenerator<{ at: number; text: string }> {
  for (let from = 0; ; from += PAGE) {
    const texts = await store.redis.lrange(store.key(AUDIT_LIST), from, from + PAGE - 1)
    for (const [index, text] of texts.entries()) yield { at: from + index, text }
    if (texts.length < PAGE) return
  }
}

export async function verifyAudit(store: Store, key: string, anchor?: string): Promise<Verified> {
  const faults: string[] = []
  const anchors = await readAnchors(anchor)
  let prev = ''
  let records = 0
  let last = 0
  for await (const { at, text } of readAudit(store)) {
    records++
    const record = parse(text)
    if (!record) {
      faults.push(`Record ${at + 1} cannot be read.`)
      prev = ''
      continue
    }
    const { hmac, ...bare } = record
    if (!sameHmac(hmac, recordHmac(key, bare)))
      faults.push(`Record ${record.seq} was edited, or written with another key.`)
    if (record.seq !== last + 1)
      faults.push(`After record ${last} comes ${record.seq}: records were deleted or reordered.`)
    else if (record.prev !== prev)
      faults.push(`Record ${record.seq} does not follow the one before it: records were replaced or reordered.`)
    const anchored = anchors.get(record.seq)
    if (anchored !== undefined && anchored !== hmac)
      faults.push(`Record ${record.seq} is not the one that the anchor remembers.`)
    prev = hmac
    last = record.seq
  }
  if (anchors.size === 0 && anchorFile(anchor) && records > 0)
    faults.push(
      `The anchor ${anchor} holds nothing, although there are ${records} records: it was removed, or set after they were written.`,
    )
  const furthest = Math.max(0, ...anchors.keys())
  if (furthest > last)
    faults.push(`The chain ends at record ${last}, and the anchor remembers record ${furthest}: the tail was cut.`)
  return { records, faults: faults.slice(0, 50) }
}

function parse(text: string): AuditRecord | undefined {
  try {
    return AuditRecord.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function anchorFile(anchor: string | undefined): anchor is string {
  return anchor !== undefined && anchor !== 'log'
}

async function readAnchors(anchor: string | undefined): Promise<Map<number, string>> {
  if (!anchorFile(anchor)) return new Map()
  const text = await readFile(anchor, 'utf8').catch(() => '')
  const rows = text.split('\n').map((row) => row.split(' '))
  return new Map(
    rows.flatMap(([seq, hmac]): [number, string][] =>
      /^\d{1,15}$/.test(seq ?? '') && hmac ? [[Number(seq), hmac]] : [],
    ),
  )
}
