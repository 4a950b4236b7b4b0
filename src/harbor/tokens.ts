// Tokens of service accounts: signed by a key that lives and dies with the world, so nothing outside can use them.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { User, World } from './world.ts'

export const API_AUDIENCE = 'https://kubernetes.default.svc'

export interface TokenClaims {
  namespace: string
  name: string
  uid: string
  audiences: string[]
  /** seconds since 1970; absent: never */
  expires?: number
  /** a pod, secret or node whose end is the token's end */
  bound?: { kind: string; name: string; uid: string }
}

export interface Tokens {
  issue(claims: TokenClaims): string
  /** The account a token stands for; undefined when it is invalid, expired, for somebody else, or its account is gone. */
  check(token: string, audience?: string): { user: User; claims: TokenClaims } | undefined
}

const keys = new WeakMap<World, Tokens>()

export function tokensOf(world: World): Tokens {
  let tokens = keys.get(world)
  if (!tokens) {
    tokens = createTokens(world)
    keys.set(world, tokens)
  }
  return tokens
}

function createTokens(world: World): Tokens {
  const key = randomBytes(32)
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url')
  const header = encode({ alg: 'HS256', kid: 'practice' })

  return {
    issue(claims) {
      const seconds = Math.floor(world.clock.now() / 1000)
      const payload = {
        aud: claims.audiences,
        ...(claims.expires ? { exp: claims.expires } : {}),
        iat: seconds,
        iss: API_AUDIENCE,
        jti: world.random.uuid(),
        'kubernetes.io': {
          namespace: claims.namespace,
          serviceaccount: { name: claims.name, uid: claims.uid },
          ...(claims.bound ? { bound: claims.bound } : {}),
        },
        nbf: seconds,
        sub: `system:serviceaccount:${claims.namespace}:${claims.name}`,
      }
      const text = `${header}.${encode(payload)}`
      return `${text}.${sign(text)}`
    },
    check(token, audience = API_AUDIENCE) {
      const parts = token.split('.')
      if (parts.length !== 3 || token.length > 8192) return undefined
      const [head, body, signature = ''] = parts
      const expected = Buffer.from(sign(`${head}.${body}`))
      const given = Buffer.from(signature)
      if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined
      const claims = readClaims(body ?? '')
      if (!claims.audiences.includes(audience)) return undefined
      if (claims.expires && claims.expires * 1000 <= world.clock.now()) return undefined
      const account = world.find('ServiceAccount', claims.namespace, claims.name)
      if (account?.metadata.uid !== claims.uid) return undefined
      if (claims.bound && !world.byUid(claims.bound.uid)) return undefined
      return { user: accountUser(claims), claims }
    },
  }
}

function readClaims(body: string): TokenClaims {
  const payload = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
  const inner = payload['kubernetes.io']
  return {
    namespace: inner.namespace,
    name: inner.serviceaccount.name,
    uid: inner.serviceaccount.uid,
    audiences: payload.aud,
    ...(payload.exp ? { expires: payload.exp } : {}),
    ...(inner.bound ? { bound: inner.bound } : {}),
  }
}

function accountUser({ namespace, name, uid }: TokenClaims): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  }
}
