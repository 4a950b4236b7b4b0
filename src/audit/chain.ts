// The chain: every record carries the HMAC of itself and of the one before, and the anchor outside Redis remembers how far it went.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { canonicalJson } from '../core/canonical.ts'
import { UnavailableError } from '../core/errors.ts'
import { redactValue } from '../core/redact.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import { type Audit, AuditEntry } from './audit.ts'

export const AuditRecord = AuditEntry.extend({
  /** counts from 1 without gaps */
  seq: z.int().min(1),
  at: z.string(),
  /** hmac of the record before; '' for the first */
  prev: z.string(),
  hmac: z.string(),
})
export type AuditRecord = z.infer<typeof AuditRecord>

export const AUDIT_LIST = 'audit:chain'
const TRIES = 200
const FIRST = ''

// one key: the head is the list's last element, and only who knows it may add after it
const APPEND = `
local last = redis.call('LINDEX', KEYS[1], -1)
if (last or '') ~= ARGV[1] then return last or '' end
redis.call('RPUSH', KEYS[1], ARGV[2])
return false`

export function recordHmac(key: string, record: Omit<AuditRecord, 'hmac'>): string {
  return createHmac('sha256', key)
    .update(`firstmate audit v1\n${canonicalJson(record)}`)
    .digest('hex')
}

export function sameHmac(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Whether a stored record was written with this key. */
export function isOurs(text: string, key: string): boolean {
  const { hmac, ...bare } = AuditRecord.parse(JSON.parse(text))
  return sameHmac(hmac, recordHmac(key, bare))
}

export interface AuditOptions {
  store: Store
  key: string
  /** AUDIT_ANCHOR: a file, `log`, or nothing */
  anchor?: string | undefined
  log: Logger
}

export function createAudit({ store, key, anchor, log }: AuditOptions): Audit {
  const list = store.key(AUDIT_LIST)

  async function append(input: AuditEntry): Promise<void> {
    const entry = AuditEntry.parse(redactValue(input))
    let head = (await store.redis.lindex(list, -1)) ?? FIRST
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const record = next(entry, head, key)
      const text = JSON.stringify(record)
      const now = await store.redis.eval(APPEND, 1, list, head, text)
      // a command whose reply was lost is sent again by the client, and then finds its own first run
      if (now === null || String(now) === text) return anchorIt(record)
      // somebody else was first: chain to theirs
      head = String(now)
    }
    throw new UnavailableError('The audit could not be written: too many others write at once.', { retryAfterMs: 500 })
  }

  async function anchorIt(record: AuditRecord): Promise<void> {
    if (!anchor) return
    if (anchor === 'log') {
      log.info({ seq: record.seq, hmac: record.hmac }, 'audit anchor')
      return
    }
    await mkdir(dirname(anchor), { recursive: true })
    await appendFile(anchor, `${record.seq} ${record.hmac}\n`, { mode: 0o600 })
  }

  return { append }
}

function next(entry: z.infer<typeof AuditEntry>, head: string, key: string): AuditRecord {
  const last = head === FIRST ? undefined : AuditRecord.parse(JSON.parse(head))
  const bare = { ...entry, seq: (last?.seq ?? 0) + 1, at: new Date().toISOString(), prev: last?.hmac ?? '' }
  // what JSON leaves out must not be hashed: the record is hashed as it will be read
  const plain = JSON.parse(JSON.stringify(bare)) as Omit<AuditRecord, 'hmac'>
  return { ...plain, hmac: recordHmac(key, plain) }
}
