// The verb list: selection, paging over one revision, resourceVersion semantics.
import type { KubeObject } from '../../objects/object.ts'
import { FieldErrors, invalid } from '../invalid.ts'
import { badRequest, StatusError } from '../status.ts'
import { compare } from '../store.ts'
import type { ResourceContext } from './context.ts'
import { integer, revisionIn } from './query.ts'
import { listAnswer } from './represent.ts'
import type { Answer } from './respond.ts'
import { selectionOf } from './selectors.ts'
import type { ListMeta } from './table.ts'

interface Continue {
  revision: number
  /** the key after which the next page begins */
  after: string
}

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

export async function list(context: ResourceContext): Promise<Answer> {
  const { realm, resource, path, request } = context
  const { query } = request
  const selection = selectionOf(query, resource)
  const limit = integer(query, 'limit') ?? 0
  checkListOptions(query)
  const token = query.get('continue')
  const from = token ? parseContinue(token) : undefined
  if (from && query.get('resourceVersion') && query.get('resourceVersion') !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  const revision = await revisionOf(context, from)
  const all = objectsAt(context, revision, from, path.namespace)
  const rest = from ? all.filter((object) => compare(keyIn(path.namespace, object), from.after) > 0) : all
  const matching = selection.filtered ? rest.filter((object) => selection.matches(resource.fromStored(object))) : rest
  const shownRevision = revision ?? realm.store.revision()
  if (limit <= 0 || matching.length <= limit) {
    return listAnswer(context, matching, { resourceVersion: String(shownRevision) })
  }
  const page = matching.slice(0, limit)
  const last = page.at(-1) as KubeObject
  const metadata: ListMeta = {
    resourceVersion: String(shownRevision),
    continue: printContinue({ revision: shownRevision, after: keyIn(path.namespace, last) }),
  }
  // with a selector the server does not know how many are left
  if (!selection.filtered) metadata.remainingItemCount = matching.length - limit
  return listAnswer(context, page, metadata)
}

function checkListOptions(query: URLSearchParams): void {
  const errors = new FieldErrors()
  if (query.has('sendInitialEvents')) errors.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')
  const match = query.get('resourceVersionMatch')
  if (match) {
    if (!query.get('resourceVersion')) {
      errors.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided')
    } else if (query.get('continue')) {
      errors.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', ''])
    } else if (match === 'Exact' && query.get('resourceVersion') === '0') {
      errors.forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    }
  }
  if (errors.list.length > 0) throw invalid('ListOptions', 'meta.k8s.io', '', errors)
}

// the revision to list at; undefined: the newest
async function revisionOf(
  { realm, request, resource }: ResourceContext,
  from: Continue | undefined,
): Promise<number | undefined> {
  if (from) return from.revision < 0 ? undefined : from.revision
  const asked = revisionIn(request.query, (fault) => badRequest(`invalid resource version: ${fault}`))
  if (asked === undefined) return undefined
  if (asked > realm.store.revision())
    throw await tooLarge(request.query.get('resourceVersion') ?? '', realm.store.revision())
  const exact = request.query.get('resourceVersionMatch') === 'Exact'
  const limited = request.query.has('limit') && !request.query.get('resourceVersionMatch')
  if (!exact && !limited) return undefined
  if (asked < realm.store.compacted(resource.id)) {
    throw new StatusError(410, 'Expired', 'The resourceVersion for the provided list is too old.')
  }
  return asked
}

// the server waits three seconds for its cache to catch up before it gives up
async function tooLarge(asked: string, current: number): Promise<StatusError> {
  await new Promise((resolve) => setTimeout(resolve, 3000))
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

function objectsAt(
  { realm, resource }: ResourceContext,
  revision: number | undefined,
  from: Continue | undefined,
  namespace: string | undefined,
): KubeObject[] {
  if (revision === undefined || revision === realm.store.revision()) return realm.store.list(resource.id, namespace)
  const past = realm.store.listAt(resource.id, namespace, revision)
  if (past) return past
  const error = new StatusError(410, 'Expired', TOO_OLD)
  if (!from) throw error
  throw new ExpiredContinue(error, printContinue({ revision: -1, after: from.after }))
}

/** 410 whose metadata carries on inconsistently. */
class ExpiredContinue extends StatusError {
  readonly token: string
  constructor(error: StatusError, token: string) {
    super(error.code, error.reason, error.message)
    this.token = token
  }
  override get body() {
    return { ...super.body, metadata: { continue: this.token } } as unknown as StatusError['body']
  }
}

// the place of an object in a list: relative to what is listed
function keyIn(namespace: string | undefined, { metadata }: KubeObject): string {
  return namespace !== undefined || !metadata.namespace ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

function printContinue({ revision, after }: Continue): string {
  const text = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${after}\0` })
  return Buffer.from(text).toString('base64url')
}

function parseContinue(token: string): Continue {
  const text = Buffer.from(token, 'base64url').toString('latin1')
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character '${goChar(text)}' looking for beginning of value`,
    )
  }
  const { rv, start } = (value ?? {}) as { rv?: unknown; start?: unknown }
  if (typeof rv !== 'number' || typeof start !== 'string') {
    throw badRequest('invalid continue token: continue key is not valid: incorrect encoded start resourceVersion 0')
  }
  return { revision: rv, after: start.replace(/\0$/, '').replace(/^\//, '') }
}

function goChar(text: string): string {
  const code = text.charCodeAt(0)
  if (Number.isNaN(code)) return ''
  return code < 0x20 || code >= 0x7f ? `\\u${code.toString(16).padStart(4, '0')}` : String.fromCharCode(code)
}
