// Reviews: questions about who one is and what one may, asked by POST and never stored.
import { FieldErrors, invalid } from '../invalid.ts'
import { isMap, type Json } from '../plain.ts'
import { type Attributes, allowedBy, grantsOf } from '../rbac.ts'
import { DecodeError, decode } from '../schema/decode.ts'
import { rootType } from '../schema/schema.ts'
import { badRequest } from '../status.ts'
import { API_AUDIENCE, tokensOf } from '../tokens.ts'
import type { User } from '../world.ts'
import { parseBody } from './body.ts'
import type { Context } from './context.ts'
import { methodNotAllowed } from './refusals.ts'
import type { ResourcePath } from './request.ts'
import type { Answer } from './respond.ts'

const AUTHENTICATION = 'authentication.k8s.io'
const AUTHORIZATION = 'authorization.k8s.io'

type Review = (context: Context, spec: Json) => { status: Json; metadata?: Json; spec?: Json }

const REVIEWS: Record<string, { kind: string; review: Review }> = {
  [`${AUTHENTICATION}/selfsubjectreviews`]: { kind: 'SelfSubjectReview', review: whoAmI },
  [`${AUTHENTICATION}/tokenreviews`]: { kind: 'TokenReview', review: reviewToken },
  [`${AUTHORIZATION}/selfsubjectaccessreviews`]: { kind: 'SelfSubjectAccessReview', review: mayI },
  [`${AUTHORIZATION}/subjectaccessreviews`]: { kind: 'SubjectAccessReview', review: mayThey },
  [`${AUTHORIZATION}/localsubjectaccessreviews`]: { kind: 'LocalSubjectAccessReview', review: mayThey },
  [`${AUTHORIZATION}/selfsubjectrulesreviews`]: { kind: 'SelfSubjectRulesReview', review: whatMayI },
}

/** undefined: the path is no review. */
export function handleReview(context: Context, path: ResourcePath): Answer | undefined {
  const key = `${path.group}/${path.plural}`
  if (path.version !== 'v1' || !Object.hasOwn(REVIEWS, key)) return undefined
  const { kind, review } = REVIEWS[key] as (typeof REVIEWS)[string]
  if (context.request.method !== 'POST' || path.name !== undefined) throw methodNotAllowed()
  const apiVersion = `${path.group}/v1`
  const body = readReview(context, apiVersion, kind)
  const spec = body.spec ?? {}
  const { status, metadata = body.metadata ?? {}, spec: shown = spec } = review(context, spec)
  const withSpec = kind === 'SelfSubjectReview' ? {} : { spec: shown }
  return { code: 201, body: { kind, apiVersion, metadata, ...withSpec, status } }
}

function readReview(context: Context, apiVersion: string, kind: string): Json {
  const { value } = parseBody(context.request, kind)
  const type = rootType(apiVersion, kind)
  if (!type || !isMap(value))
    throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: it is no object`)
  try {
    return decode(type, value).value
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: ${error.message}`)
  }
}

function whoAmI({ request, realm }: Context): ReturnType<Review> {
  const metadata = { creationTimestamp: realm.world.clock.iso() }
  return { metadata, status: { userInfo: userInfo(request.user) } }
}

function userInfo({ name, uid, groups }: User): object {
  return { username: name, ...(uid ? { uid } : {}), groups }
}

function reviewToken({ realm }: Context, spec: Json): ReturnType<Review> {
  const [audience = API_AUDIENCE] = spec.audiences ?? []
  const known = tokensOf(realm.world).check(String(spec.token ?? ''), audience)
  if (!known) return { status: { user: {}, error: 'invalid bearer token' } }
  return { status: { authenticated: true, user: userInfo(known.user), audiences: [audience] } }
}

function mayI({ realm, request }: Context, spec: Json): ReturnType<Review> {
  const wanted = attributes(spec)
  return { status: verdict(allowedBy(realm.world, request.user, wanted)) }
}

function mayThey({ realm }: Context, spec: Json): ReturnType<Review> {
  const wanted = attributes(spec)
  const user: User = { name: spec.user ?? '', groups: spec.groups ?? [] }
  if (!spec.user && !spec.groups?.length) {
    const errors = new FieldErrors()
    errors.invalid('spec.user', '', 'at least one of user or group must be specified')
    throw invalid('', AUTHORIZATION, '', errors)
  }
  return { status: verdict(allowedBy(realm.world, user, wanted)) }
}

function verdict(reason: string | undefined): object {
  return reason === undefined ? { allowed: false } : { allowed: true, ...(reason ? { reason } : {}) }
}

function attributes({ resourceAttributes: asked, nonResourceAttributes: path }: Json): Attributes {
  if (Boolean(asked) === Boolean(path)) {
    const errors = new FieldErrors()
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    errors.invalid('spec.resourceAttributes', asked ?? null, why)
    throw invalid('', AUTHORIZATION, '', errors)
  }
  if (path) {
    return {
      verb: path.verb ?? '',
      group: '',
      resource: '',
      namespace: undefined,
      name: undefined,
      path: path.path ?? '',
    }
  }
  const { verb = '', group = '', resource = '', subresource, namespace, name } = asked
  return {
    verb,
    group,
    resource: subresource ? `${resource}/${subresource}` : resource,
    namespace: namespace || undefined,
    name: name || undefined,
  }
}

function whatMayI({ realm, request }: Context, spec: Json): ReturnType<Review> {
  if (!spec.namespace) throw badRequest('no namespace on request')
  const rules = grantsOf(realm.world, request.user, spec.namespace).flatMap((grant) => grant.rules)
  const resourceRules = rules.filter((rule) => rule.resources)
  const nonResourceRules = rules
    .filter((rule) => rule.nonResourceURLs)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }))
  return { spec: {}, status: { resourceRules, nonResourceRules, incomplete: false } }
}
