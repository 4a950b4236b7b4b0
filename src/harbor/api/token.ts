// The token subresource of service accounts.
import type { KubeObject } from '../../objects/object.ts'
import { FieldErrors, invalid } from '../invalid.ts'
import { isMap, type Json } from '../plain.ts'
import { DecodeError, decode } from '../schema/decode.ts'
import { badRequest, notFound } from '../status.ts'
import { API_AUDIENCE, type TokenClaims, tokensOf } from '../tokens.ts'
import { parseBody } from './body.ts'
import type { ResourceContext } from './context.ts'
import { methodNotAllowed } from './refusals.ts'
import type { Answer } from './respond.ts'

const TEN_MINUTES = 600
const DEFAULT_SECONDS = 3600
const MAX_SECONDS = 2 ** 32

export function requestToken(context: ResourceContext): Answer {
  const { realm, resource, path, request } = context
  if (request.method !== 'POST') throw methodNotAllowed()
  const account = realm.store.get(resource.id, path.namespace ?? '', path.name ?? '')
  if (!account) throw notFound(resource, path.name ?? '')
  const spec = readSpec(context)
  const seconds: number = spec.expirationSeconds ?? DEFAULT_SECONDS
  checkSeconds(seconds)
  const { world } = realm
  const audiences: string[] = spec.audiences?.length ? spec.audiences : [API_AUDIENCE]
  const expires = Math.floor(world.clock.now() / 1000) + seconds
  const bound = spec.boundObjectRef ? boundObject(context, spec.boundObjectRef) : undefined
  const { name, namespace = '', uid = '' } = account.metadata
  const claims: TokenClaims = { namespace, name, uid, audiences, expires, ...(bound ? { bound } : {}) }
  return {
    code: 201,
    body: {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, uid, creationTimestamp: world.clock.iso() },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
      status: { token: tokensOf(world).issue(claims), expirationTimestamp: world.clock.iso(expires * 1000) },
    },
  }
}

function readSpec({ request }: ResourceContext): Json {
  const { value } = parseBody(request, 'TokenRequest')
  try {
    const decoded = decode('AuthenticationV1TokenRequest', isMap(value) ? value : {})
    return decoded.value.spec ?? {}
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw badRequest(`TokenRequest in version "v1" cannot be handled as a TokenRequest: ${error.message}`)
  }
}

function checkSeconds(seconds: number): void {
  const errors = new FieldErrors()
  const field = 'spec.expirationSeconds'
  if (seconds < TEN_MINUTES) errors.invalid(field, seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > MAX_SECONDS) errors.invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')
  if (errors.list.length > 0) throw invalid('TokenRequest', 'authentication.k8s.io', '', errors)
}

function boundObject({ realm, path }: ResourceContext, ref: Json): NonNullable<TokenClaims['bound']> {
  const kinds = ['Pod', 'Secret', 'Node']
  if (!kinds.includes(ref.kind)) {
    throw badRequest(`cannot bind token to object of type /${ref.apiVersion ?? ''}, Kind=${ref.kind ?? ''}`)
  }
  const namespace = ref.kind === 'Node' ? undefined : path.namespace
  const object: KubeObject = realm.world.get(ref.kind, namespace, String(ref.name ?? ''))
  return { kind: ref.kind, name: object.metadata.name, uid: object.metadata.uid ?? '' }
}
