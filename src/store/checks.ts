// Is this Redis fit to hold what must not be lost? Each refusal is one sentence.
import type { Redis } from 'ioredis'
import { messageOf, SettingsError } from '../core/errors.ts'

/** BullMQ 6 runs from 5.0 and recommends 6.2; 6.2 is also the oldest that still gets fixes anywhere. */
const OLDEST = [6, 2] as const

/** Reads INFO, which managed services allow where they forbid CONFIG. Throws a SettingsError when the Redis at `where` cannot be used. */
export async function checkRedis(redis: Redis, where: string): Promise<void> {
  const info = await readInfo(redis, where)
  const version = info.get('redis_version') ?? 'unknown'
  if (!isNewEnough(version)) {
    throw new SettingsError(
      `The Redis at ${where} is version ${version}, which is too old: ${OLDEST.join('.')} or newer is needed.`,
    )
  }
  if (info.get('redis_mode') === 'cluster' || info.get('cluster_enabled') === '1') {
    throw new SettingsError(
      `The Redis at ${where} is a Redis Cluster, which is not supported: use a single Redis, with or without replicas.`,
    )
  }
  if (info.get('role') === 'slave') {
    throw new SettingsError(`The Redis at ${where} is a read-only replica: point REDIS_URL at its primary.`)
  }
  const policy = info.get('maxmemory_policy') ?? (await configuredPolicy(redis))
  if (policy === undefined) {
    throw new SettingsError(
      `The Redis at ${where} does not say what it does when its memory is full, so it may throw data away: allow INFO or CONFIG GET, and set maxmemory-policy to noeviction.`,
    )
  }
  // also with maxmemory 0: the limit may be set at any time, by a person or by the service
  if (policy !== 'noeviction') {
    throw new SettingsError(
      `The Redis at ${where} may throw data away when its memory is full (maxmemory-policy is ${policy}): set it to noeviction.`,
    )
  }
}

async function readInfo(redis: Redis, where: string): Promise<Map<string, string>> {
  let text: string
  try {
    text = await redis.info()
  } catch (error) {
    if (!/NOPERM|unknown command/i.test(messageOf(error))) throw error
    throw new SettingsError(
      `The Redis at ${where} does not allow the command INFO, so nobody can tell whether it is fit to use: allow it to this user.`,
    )
  }
  return new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const colon = line.indexOf(':')
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()]]
    }),
  )
}

async function configuredPolicy(redis: Redis): Promise<string | undefined> {
  try {
    const [, policy] = (await redis.config('GET', 'maxmemory-policy')) as string[]
    return policy
  } catch {
    return undefined
  }
}

export function isNewEnough(version: string): boolean {
  const [major = Number.NaN, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}
