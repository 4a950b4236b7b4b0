// The signature of a decision: whoever can write to Redis still cannot approve. Held by bot, gateway and executor, never by a worker.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { canonicalJson } from '../core/canonical.ts'
import { SettingsError } from '../core/errors.ts'

/** What a decision binds: this person said this of exactly these bytes at this tier, until then. */
export interface SignedDecision {
  id: string
  digest: string
  tier: number
  /** `slack:U123`, `policy:L2` */
  decider: string
  /** a policy's decision can never pass for a person's */
  authority: 'person' | 'policy'
  kind: 'approve' | 'reject'
  deadline: string
}

export interface Signer {
  sign(decision: SignedDecision): string
  verify(decision: SignedDecision, signature: string): boolean
  /** Over any other data whose origin matters: `purpose` keeps one kind of seal from passing for another. */
  seal(purpose: string, data: unknown): string
  sealHolds(purpose: string, data: unknown, seal: string | undefined): boolean
}

export function createSigner(key: string): Signer {
  const mac = (purpose: string, data: unknown) =>
    createHmac('sha256', key)
      .update(`firstmate ${purpose} v2\n${canonicalJson(data)}`)
      .digest('hex')
  const holds = (purpose: string, data: unknown, given: string | undefined) => {
    const [wanted, got] = [Buffer.from(mac(purpose, data), 'hex'), Buffer.from(given ?? '', 'hex')]
    return got.length === wanted.length && timingSafeEqual(got, wanted)
  }
  const fields = ({ id, digest, tier, decider, authority, kind, deadline }: SignedDecision) => ({
    id,
    digest,
    tier,
    decider,
    authority,
    kind,
    deadline,
  })
  return {
    sign: (decision) => mac('decision', fields(decision)),
    verify: (decision, signature) => holds('decision', fields(decision), signature),
    seal: (purpose, data) => mac(`seal ${purpose}`, data),
    sealHolds: (purpose, data, seal) => holds(`seal ${purpose}`, data, seal),
  }
}

/** SIGNING_KEY, or the key of the data folder, made there once. */
export async function loadSigningKey(config: { SIGNING_KEY?: string | undefined; DATA_DIR: string }): Promise<string> {
  return config.SIGNING_KEY ?? loadKeyFile(join(config.DATA_DIR, 'signing.key'))
}

/** AUDIT_KEY, or the key in AUDIT_KEY_FILE, or that of the data folder, made there once. Whoever shares a chain shares its key. */
export async function loadAuditKey(config: {
  AUDIT_KEY?: string | undefined
  AUDIT_KEY_FILE?: string | undefined
  DATA_DIR: string
}): Promise<string> {
  return config.AUDIT_KEY ?? loadKeyFile(config.AUDIT_KEY_FILE ?? join(config.DATA_DIR, 'audit.key'))
}

/** A random key in a file of mode 0600; made when it is not there. Every process of one data folder gets the same. */
export async function loadKeyFile(path: string): Promise<string> {
  const known = await readKey(path)
  if (known) return known
  await mkdir(dirname(path), { recursive: true })
  // written aside and linked into place: two processes that start together agree on one key, and never read half of it
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  await chmod(draft, 0o600)
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft, { force: true })
  const made = await readKey(path)
  if (!made)
    throw new SettingsError(
      `${path} cannot be read or is too short: remove it to have a new key made (what was signed with the old one then counts as forged).`,
    )
  return made
}

async function readKey(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new SettingsError(`${path} cannot be read: ${error.message}.`)
  })
  const key = text?.trim()
  return key && key.length >= 16 ? key : undefined
}
