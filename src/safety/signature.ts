// The signature of a decision: whoever can write to Redis still cannot approve. Held by bot, gateway and executor, never by a worker.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { canonicalJson } from '../core/canonical.ts'
import { SettingsError } from '../core/errors.ts'

/** What a decision binds: this person said this of exactly these bytes, until then. */
export interface SignedDecision {
  id: string
  digest: string
  /** `slack:U123`, `policy:L2` */
  decider: string
  kind: 'approve' | 'reject'
  deadline: string
}

export interface Signer {
  sign(decision: SignedDecision): string
  verify(decision: SignedDecision, signature: string): boolean
}

export function createSigner(key: string): Signer {
  const sign = (decision: SignedDecision) => {
    const { id, digest, decider, kind, deadline } = decision
    return createHmac('sha256', key)
      .update(`firstmate decision v1\n${canonicalJson({ id, digest, decider, kind, deadline })}`)
      .digest('hex')
  }
  return {
    sign,
    verify(decision, signature) {
      const expected = Buffer.from(sign(decision), 'hex')
      const given = Buffer.from(signature, 'hex')
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}

/** SIGNING_KEY, or the key of the data folder, made there once. */
export async function loadSigningKey(config: { SIGNING_KEY?: string | undefined; DATA_DIR: string }): Promise<string> {
  return config.SIGNING_KEY ?? loadKeyFile(join(config.DATA_DIR, 'signing.key'))
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
