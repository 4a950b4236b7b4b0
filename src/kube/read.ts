// The reader: the only way the product looks at a live cluster. It can send GET and access reviews, and it never hands out a Secret's values.
import { UnavailableError, UsageError } from '../core/errors.ts'
import type { ObjectRef } from '../core/ref.ts'
import { type Kind, pathOf } from '../objects/kinds.ts'
import type { KubeObject } from '../objects/object.ts'
import type { Connection } from './connection.ts'
import { discover, type Kinds, type ServedKind } from './discovery.ts'
import { answerError, connectionError, ExpiredError } from './errors.ts'
import { assertReadOnly } from './guard.ts'
import { checkContainer, checkName, checkNamespace } from './names.ts'
import { isSecretPath, maskSecrets, mayHoldSecrets } from './secrets.ts'
import { createTransport, type HttpRequest } from './transport.ts'

export interface ReadOptions {
  signal?: AbortSignal
  /** for the whole answer; default 15 s */
  timeoutMs?: number
}

export interface GetOptions extends ReadOptions {
  accept?: string
  query?: Record<string, string | number | boolean | undefined>
  /** the most that is read of an answer; default 64 MiB */
  maxBytes?: number
}

export interface ListOptions extends ReadOptions {
  /** absent: all namespaces */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /** the most objects to return; default 20,000 */
  limit?: number
  /** kept instead of each object, while pages arrive; undefined drops it */
  project?: (object: KubeObject) => KubeObject | undefined
}

export interface Listed {
  items: KubeObject[]
  resourceVersion: string
  /** there were more objects than `limit`, or than memory allows */
  cut: boolean
}

export interface TableColumn {
  name: string
  type: string
  /** 0: always shown, more: only with -o wide */
  priority: number
}

export interface Table {
  columns: TableColumn[]
  rows: { cells: unknown[]; object: KubeObject | undefined }[]
  cut: boolean
}

export interface TableOptions extends Omit<ListOptions, 'project'> {
  name?: string
  /** rows carry whole objects, not only their metadata */
  whole?: boolean
}

export interface LogOptions extends ReadOptions {
  namespace: string
  pod: string
  container?: string
  previous?: boolean
  tailLines?: number
  sinceSeconds?: number
  sinceTime?: string
  timestamps?: boolean
  /** default 1 MiB */
  limitBytes?: number
}

export interface Review {
  verb: string
  /** `pods`, `pods/log`, `deployments` */
  resource?: string
  group?: string
  namespace?: string
  name?: string
  /** instead of a resource: `/metrics` */
  path?: string
}

export interface WatchStream {
  /** one parsed watch event per line */
  events: AsyncIterable<{ type: string; object: KubeObject }>
  close(): void
}

export interface Reader {
  /** the name of the cluster, for sentences */
  cluster: string
  /** JSON of any path, or text where the API serves text (logs, health). Secret values are masked. */
  get(path: string, options?: GetOptions): Promise<unknown>
  list(kind: Kind, options?: ListOptions): Promise<Listed>
  read(ref: ObjectRef, options?: ReadOptions): Promise<KubeObject>
  /** the rows that `kubectl get` prints; with `name`, the row of one object */
  table(kind: Kind, options?: TableOptions): Promise<Table>
  logs(options: LogOptions): Promise<{ text: string; cut: boolean }>
  watch(kind: Kind, options: WatchOptions): Promise<WatchStream>
  /** what the cluster serves; read again when older than five minutes or when `fresh` */
  kinds(fresh?: boolean): Promise<Kinds>
  can(review: Review, options?: ReadOptions): Promise<{ allowed: boolean; reason: string }>
  /** one of the other review APIs, by its resource name */
  review(resource: ReviewResource, spec: Record<string, unknown>, options?: ReadOptions): Promise<KubeObject>
}

export type ReviewResource =
  | 'selfsubjectaccessreviews'
  | 'selfsubjectrulesreviews'
  | 'subjectaccessreviews'
  | 'selfsubjectreviews'

export interface WatchOptions extends Omit<ListOptions, 'limit'> {
  resourceVersion: string
  /** the server closes the watch after this long; default 290 s */
  timeoutSeconds?: number
}

export const JSON_ONLY = 'application/json'
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const PAGE = 500
const TIMEOUT_MS = 15_000
const MAX_ANSWER = 64 * 1024 * 1024
const MAX_OBJECTS = 20_000
const MAX_LIST_BYTES = 256 * 1024 * 1024
const MAX_EVENT_BYTES = 4 * 1024 * 1024
const KINDS_TTL_MS = 5 * 60_000
const TRIES = 3

export function createReader(cluster: string, connection: Connection): Reader {
  const transport = createTransport(connection, assertReadOnly)
  let known: { at: number; kinds: Promise<Kinds> } | undefined

  /** Sends, tries again where the API asks for patience or an idle connection had died, and turns everything else into our errors. */
  async function fetch(
    request: HttpRequest & { maxBytes: number },
  ): Promise<{ body: Buffer; type: string; cut: boolean }> {
    // refused here already, with the transport's own guard behind it
    assertReadOnly(request.method, request.path)
    const until = Date.now() + request.timeoutMs
    for (let attempt = 1; ; attempt++) {
      const left = until - Date.now()
      const error = await attemptOnce({ ...request, timeoutMs: Math.max(left, 1) })
      if (!(error instanceof Error)) return error
      const pause = error instanceof UnavailableError ? pauseOf(error, attempt) : undefined
      if (pause === undefined || attempt >= TRIES || Date.now() + pause >= until) throw error
      await sleep(pause, request.signal)
    }
  }

  async function attemptOnce(
    request: HttpRequest & { maxBytes: number },
  ): Promise<{ body: Buffer; type: string; cut: boolean } | Error> {
    try {
      const answer = await transport.send(request)
      const { status, headers, body, cut } = answer
      if (status >= 200 && status < 300) return { body, type: headers['content-type'] ?? '', cut }
      return answerError(
        cluster,
        request.method,
        request.path,
        status,
        body.subarray(0, 65_536).toString('utf8'),
        headers['retry-after'],
      )
    } catch (error) {
      request.signal?.throwIfAborted()
      if (isOurs(error)) throw error
      return connectionError(cluster, request.method, request.path, error)
    }
  }

  async function fetchJson(
    path: string,
    options: GetOptions & { method?: string; body?: string } = {},
  ): Promise<unknown> {
    const maxBytes = options.maxBytes ?? MAX_ANSWER
    const { body, type, cut } = await fetch({
      method: options.method ?? 'GET',
      path,
      headers: {
        accept: options.accept ?? JSON_ONLY,
        ...(options.body === undefined ? {} : { 'content-type': JSON_ONLY }),
      },
      body: options.body,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      maxBytes,
      signal: options.signal,
    })
    if (cut)
      throw new UnavailableError(
        `Cluster ${cluster} answered with more than ${mebibytes(maxBytes)}, the most that is read at once.`,
      )
    return parseAnswer(cluster, path, type, body)
  }

  async function* pages(
    kind: Kind,
    options: ListOptions,
  ): AsyncGenerator<{ items: KubeObject[]; resourceVersion: string; more: boolean }> {
    const until = Date.now() + (options.timeoutMs ?? TIMEOUT_MS)
    const limit = options.limit ?? MAX_OBJECTS
    let next: string | undefined
    let seen = 0
    do {
      const path = listPath(kind, options, { limit: Math.min(PAGE, limit - seen), continue: next })
      const page = (await fetchJson(path, { timeoutMs: Math.max(until - Date.now(), 1), signal: options.signal })) as {
        items?: KubeObject[] | null
        metadata?: { continue?: string; resourceVersion?: string }
      } | null
      if (!page || (page.items !== null && !Array.isArray(page.items))) {
        throw new UnavailableError(`Cluster ${cluster} answered with no list of ${kind.plural}.`)
      }
      const items = (page.items ?? []).filter(isNamed)
      seen += page.items?.length ?? 0
      next = page.metadata?.continue || undefined
      yield { items, resourceVersion: page.metadata?.resourceVersion ?? '', more: next !== undefined }
    } while (next !== undefined && seen < limit)
  }

  async function collect(kind: Kind, options: ListOptions): Promise<Listed> {
    const listed: Listed = { items: [], resourceVersion: '', cut: false }
    const limit = options.limit ?? MAX_OBJECTS
    let bytes = 0
    for await (const page of pages(kind, options)) {
      listed.resourceVersion = page.resourceVersion
      const kept = page.items.flatMap((item) => {
        // the items of a typed list come without their own kind
        const object = { ...item, apiVersion: item.apiVersion ?? kind.apiVersion, kind: item.kind ?? kind.kind }
        delete object.metadata.managedFields
        return options.project ? (options.project(object) ?? []) : object
      })
      for (const object of kept) listed.items.push(object)
      bytes += roughBytes(kept)
      listed.cut = page.more && (listed.items.length >= limit || bytes > MAX_LIST_BYTES)
      if (listed.cut) break
    }
    return listed
  }

  const reader: Reader = {
    cluster,
    get: (path, options = {}) => fetchJson(withQuery(path, options.query ?? {}), options),

    async list(kind, options = {}) {
      checkScope(kind, options)
      try {
        return await collect(kind, options)
      } catch (error) {
        // the continue token got older than the server's history: once more from the start
        if (!(error instanceof ExpiredError)) throw error
        return collect(kind, options)
      }
    },

    async read(ref, options = {}) {
      const kind = servedKind(await reader.kinds(), ref, cluster)
      const path = objectPath(kind, ref.namespace, ref.name)
      const object = (await fetchJson(path, options)) as KubeObject | null
      if (!object || !isNamed(object)) throw new UnavailableError(`Cluster ${cluster} answered with no ${kind.kind}.`)
      delete object.metadata.managedFields
      return object
    },

    async table(kind, options = {}) {
      checkScope(kind, options)
      const table: Table = { columns: [], rows: [], cut: false }
      const limit = options.limit ?? MAX_OBJECTS
      let next: string | undefined
      do {
        const include = options.whole ? { includeObject: 'Object' } : {}
        const path = options.name
          ? withQuery(objectPath(kind, options.namespace, options.name), include)
          : listPath(kind, options, { ...include, limit: Math.min(PAGE, limit - table.rows.length), continue: next })
        const answer = (await fetchJson(path, { ...readOptions(options), accept: TABLE })) as TableAnswer | null
        addRows(table, kind, answer)
        next = answer?.metadata?.continue || undefined
      } while (next !== undefined && table.rows.length < limit)
      table.cut = next !== undefined
      return table
    },

    async logs(options) {
      const limitBytes = options.limitBytes ?? 1024 * 1024
      if (options.container !== undefined) checkContainer(options.container)
      const path = withQuery(podPath(options.namespace, options.pod, 'log'), {
        container: options.container,
        previous: options.previous || undefined,
        tailLines: options.tailLines,
        sinceSeconds: options.sinceSeconds,
        sinceTime: options.sinceTime,
        timestamps: options.timestamps || undefined,
        limitBytes,
      })
      const { body, cut } = await fetch({
        method: 'GET',
        path,
        headers: { accept: 'text/plain, application/json' },
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        maxBytes: limitBytes,
        signal: options.signal,
      })
      return { text: body.toString('utf8'), cut: cut || body.length >= limitBytes }
    },

    async watch(kind, options) {
      checkScope(kind, options)
      const path = listPath(kind, options, {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: options.resourceVersion,
        timeoutSeconds: options.timeoutSeconds ?? 290,
      })
      assertReadOnly('GET', path)
      const request = {
        method: 'GET',
        path,
        headers: { accept: JSON_ONLY },
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        signal: options.signal,
      }
      const stream = await transport.open(request).catch((error: unknown) => {
        options.signal?.throwIfAborted()
        throw isOurs(error) ? error : connectionError(cluster, 'GET', path, error)
      })
      if (stream.status === 200) return { events: watchEvents(stream.body, kind), close: () => stream.close() }
      const body = await firstBytes(stream.body, 65_536)
      stream.close()
      throw answerError(cluster, 'GET', path, stream.status, body, stream.headers['retry-after'])
    },

    kinds(fresh = false) {
      if (known && !fresh && Date.now() - known.at < KINDS_TTL_MS) return known.kinds
      const kinds = discover((path, accept) => fetchJson(path, { accept }))
      known = { at: Date.now(), kinds }
      // a failed discovery is not worth remembering
      kinds.catch(() => {
        if (known?.kinds === kinds) known = undefined
      })
      return kinds
    },

    async can(review, options = {}) {
      const [resource, subresource] = (review.resource ?? '').split('/')
      const spec = review.path
        ? { nonResourceAttributes: { verb: review.verb, path: review.path } }
        : {
            resourceAttributes: {
              verb: review.verb,
              group: review.group ?? '',
              resource,
              subresource,
              namespace: review.namespace,
              name: review.name,
            },
          }
      const answer = await reader.review('selfsubjectaccessreviews', spec, options)
      return { allowed: answer.status?.allowed === true, reason: String(answer.status?.reason ?? '') }
    },

    async review(resource, spec, options = {}) {
      const group = resource === 'selfsubjectreviews' ? 'authentication.k8s.io/v1' : 'authorization.k8s.io/v1'
      const body = JSON.stringify({
        apiVersion: group,
        kind: REVIEW_KINDS[resource],
        ...(resource === 'selfsubjectreviews' ? {} : { spec }),
      })
      return (await fetchJson(`/apis/${group}/${resource}`, { ...options, method: 'POST', body })) as KubeObject
    },
  }
  return reader
}

const REVIEW_KINDS: Record<ReviewResource, string> = {
  selfsubjectaccessreviews: 'SelfSubjectAccessReview',
  selfsubjectrulesreviews: 'SelfSubjectRulesReview',
  subjectaccessreviews: 'SubjectAccessReview',
  selfsubjectreviews: 'SelfSubjectReview',
}

/** The path of one object; namespace and name are checked by the grammar of names before anything is sent. */
export function objectPath(kind: Kind, namespace: string | undefined, name: string, subresource?: string): string {
  checkName(name, kind.kind)
  if (!kind.namespaced) return pathOf(kind, undefined, name, subresource)
  if (namespace === undefined)
    throw new UsageError(`A ${kind.kind} lives in a namespace, and none was named for ${name}.`)
  return pathOf(kind, checkNamespace(namespace), name, subresource)
}

function podPath(namespace: string, pod: string, subresource: string): string {
  return pathOf(
    { apiVersion: 'v1', plural: 'pods', namespaced: true },
    checkNamespace(namespace),
    checkName(pod, 'Pod'),
    subresource,
  )
}

export function servedKind(kinds: Kinds, ref: { kind: string; apiVersion?: string }, cluster: string): ServedKind {
  const kind = kinds.byKind(ref.kind, ref.apiVersion) ?? kinds.byKind(ref.kind)
  if (kind) return kind
  throw new UsageError(`Cluster ${cluster} serves no kind ${ref.kind.slice(0, 100)}.`)
}

type Query = Record<string, string | number | boolean | undefined>

function listPath(kind: Kind, options: ListOptions, query: Query): string {
  return withQuery(pathOf(kind, options.namespace), {
    ...query,
    labelSelector: options.labelSelector || undefined,
    fieldSelector: options.fieldSelector || undefined,
  })
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return path
  const search = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]))
  return `${path}${path.includes('?') ? '&' : '?'}${search.toString()}`
}

function checkScope(kind: Kind, options: ListOptions & { name?: string }): void {
  if (options.namespace !== undefined && kind.namespaced) checkNamespace(options.namespace)
  if (options.name !== undefined) checkName(options.name, kind.kind)
}

function readOptions({ signal, timeoutMs }: ReadOptions): ReadOptions {
  return { signal, timeoutMs }
}

// paths whose text is shown as it is: they hold no objects
const TEXT_PATHS = /^\/(healthz|livez|readyz|version|metrics)(\/|$)|\/pods\/[^/]+\/log$/

function parseAnswer(cluster: string, path: string, type: string, body: Buffer): unknown {
  const [pathname = ''] = path.split('?')
  // /openapi/v3 of some versions says text/plain and is JSON
  const json = type.includes('json') || /^\/(openapi|apis?)(\/|$)/.test(pathname)
  if (!json && TEXT_PATHS.test(pathname)) return body.toString('utf8')
  let answer: unknown
  try {
    answer = JSON.parse(body.toString('utf8'))
  } catch {
    throw new UnavailableError(`Cluster ${cluster} answered with something that is no JSON.`)
  }
  const secretPath = isSecretPath(pathname)
  return secretPath || mayHoldSecrets(body) ? maskSecrets(answer, secretPath) : answer
}

interface TableAnswer {
  kind?: string
  columnDefinitions?: { name?: string; type?: string; priority?: number }[]
  rows?: { cells?: unknown[]; object?: KubeObject }[]
  items?: KubeObject[]
  metadata?: { continue?: string; name?: string }
}

function addRows(table: Table, kind: Kind, answer: TableAnswer | null): void {
  if (answer?.kind !== 'Table') {
    // a server that knows no tables answers with the objects: kubectl shows their names and ages
    const objects = Array.isArray(answer?.items)
      ? answer.items
      : answer?.metadata?.name
        ? [answer as unknown as KubeObject]
        : []
    table.columns = [
      { name: 'Name', type: 'string', priority: 0 },
      { name: 'Created At', type: 'date', priority: 0 },
    ]
    for (const object of objects.filter(isNamed)) {
      const typed = { ...object, apiVersion: object.apiVersion ?? kind.apiVersion, kind: object.kind ?? kind.kind }
      table.rows.push({ cells: [object.metadata.name, object.metadata.creationTimestamp], object: typed })
    }
    return
  }
  if (table.columns.length === 0) {
    table.columns = (answer.columnDefinitions ?? []).map(({ name = '', type = 'string', priority = 0 }) => ({
      name,
      type,
      priority,
    }))
  }
  for (const row of answer.rows ?? []) table.rows.push({ cells: row.cells ?? [], object: row.object })
}

async function* watchEvents(
  body: AsyncIterable<Buffer>,
  kind: Kind,
): AsyncGenerator<{ type: string; object: KubeObject }> {
  const secrets = kind.plural === 'secrets'
  for await (const line of lines(body)) {
    const event = JSON.parse(line) as { type?: string; object?: KubeObject }
    if (typeof event.type !== 'string' || typeof event.object !== 'object' || event.object === null) continue
    if (secrets || mayHoldSecrets(line)) maskSecrets(event.object, secrets)
    yield { type: event.type, object: event.object }
  }
}

async function* lines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let held: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      held.push(chunk.subarray(start, end))
      const line = Buffer.concat(held).toString('utf8')
      held = []
      size = 0
      start = end + 1
      if (line.trim() !== '') yield line
    }
    held.push(chunk.subarray(start))
    size += chunk.length - start
    if (size > MAX_EVENT_BYTES) throw new UnavailableError('A watch sent an event larger than 4 MiB.')
  }
}

async function firstBytes(body: AsyncIterable<Buffer>, max: number): Promise<string> {
  let text = ''
  try {
    for await (const chunk of body) {
      text += chunk.toString('utf8')
      if (text.length >= max) break
    }
  } catch {
    // what came before the break is enough to say why
  }
  return text
}

function pauseOf(error: UnavailableError, attempt: number): number | undefined {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code
  // a kept-alive connection that the server had closed meanwhile
  return code === 'ECONNRESET' || code === 'EPIPE' ? 20 * attempt : undefined
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && /^(NotPermitted|Settings|Usage|Unavailable|NotFound)Error$/.test(error.name)
}

function isNamed(object: KubeObject): boolean {
  return typeof object?.metadata?.name === 'string'
}

/** Enough to bound memory: the size of the first object stands for the page. */
function roughBytes(items: KubeObject[]): number {
  return items.length > 0 ? JSON.stringify(items[0]).length * items.length : 0
}

function mebibytes(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${Math.round(bytes / 1024 / 1024)} MiB` : `${Math.ceil(bytes / 1024)} KiB`
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const timer = setTimeout(done, ms)
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}
