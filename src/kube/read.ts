// The reader: the only way the product looks at a live cluster. It can send GET and access reviews, and it never hands out a Secret's values.
import { UnavailableError, UsageError } from '../core/errors.ts'
import type { KubeObject } from '../objects/object.ts'
import { createApi } from './api.ts'
import type { Connection } from './connection.ts'
import { discover, type Kinds, type ServedKind } from './discovery.ts'
import { isNamed, listObjects, readTable } from './lists.ts'
import { checkContainer, checkName, checkNamespace } from './names.ts'
import { listPath, objectPath, podPath, withQuery } from './paths.ts'
import type { Reader, ReviewResource } from './reader.ts'
import { watchEvents } from './stream.ts'

export type { Reader } from './reader.ts'

const KINDS_TTL_MS = 5 * 60_000
const LOG_BYTES = 1024 * 1024

export function createReader(cluster: string, connection: Connection): Reader {
  const api = createApi(cluster, connection)
  let known: { at: number; kinds: Promise<Kinds> } | undefined

  const reader: Reader = {
    cluster,
    get: (path, options = {}) => api.json(withQuery(path, options.query ?? {}), options),

    async list(kind, options = {}) {
      if (options.namespace !== undefined && kind.namespaced) checkNamespace(options.namespace)
      return listObjects(api, kind, options)
    },

    async read(ref, options = {}) {
      const kind = servedKind(await reader.kinds(), ref, cluster)
      const object = (await api.json(objectPath(kind, ref.namespace, ref.name), options)) as KubeObject | null
      if (!object || !isNamed(object)) throw new UnavailableError(`Cluster ${cluster} answered with no ${kind.kind}.`)
      if (!options.managers) delete object.metadata.managedFields
      return object
    },

    async table(kind, options = {}) {
      if (options.namespace !== undefined && kind.namespaced) checkNamespace(options.namespace)
      if (options.name !== undefined) checkName(options.name, kind.kind)
      return readTable(api, kind, options)
    },

    async logs(options) {
      const limitBytes = options.limitBytes ?? LOG_BYTES
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
      const { timeoutMs, signal } = options
      const { text, cut } = await api.text(path, { maxBytes: limitBytes, timeoutMs, signal })
      return { text, cut: cut || Buffer.byteLength(text) >= limitBytes }
    },

    async watch(kind, options) {
      if (options.namespace !== undefined && kind.namespaced) checkNamespace(options.namespace)
      const path = listPath(kind, options, {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: options.resourceVersion,
        timeoutSeconds: options.timeoutSeconds ?? 290,
      })
      const stream = await api.open(path, options)
      return { events: watchEvents(stream.body, kind), close: () => stream.close() }
    },

    kinds(fresh = false) {
      if (known && !fresh && Date.now() - known.at < KINDS_TTL_MS) return known.kinds
      const kinds = discover((path, accept) => api.json(path, { accept }))
      known = { at: Date.now(), kinds }
      // a failed discovery is not worth remembering
      kinds.catch(() => {
        if (known?.kinds === kinds) known = undefined
      })
      return kinds
    },

    async can(review, options = {}) {
      const { verb, path, namespace, name, group = '' } = review
      const [resource, subresource] = (review.resource ?? '').split('/')
      const spec = path
        ? { nonResourceAttributes: { verb, path } }
        : { resourceAttributes: { verb, group, resource, subresource, namespace, name } }
      const answer = await reader.review('selfsubjectaccessreviews', spec, options)
      return { allowed: answer.status?.allowed === true, reason: String(answer.status?.reason ?? '') }
    },

    async review(resource, spec, options = {}) {
      const { apiVersion, kind } = REVIEWS[resource]
      const body = JSON.stringify({ apiVersion, kind, ...(resource === 'selfsubjectreviews' ? {} : { spec }) })
      return (await api.json(`/apis/${apiVersion}/${resource}`, { ...options, method: 'POST', body })) as KubeObject
    },
  }
  return reader
}

const REVIEWS: Record<ReviewResource, { apiVersion: string; kind: string }> = {
  selfsubjectaccessreviews: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
  selfsubjectrulesreviews: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview' },
  subjectaccessreviews: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
  selfsubjectreviews: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
}

function servedKind(kinds: Kinds, ref: { kind: string; apiVersion?: string }, cluster: string): ServedKind {
  const kind = kinds.byKind(ref.kind, ref.apiVersion) ?? kinds.byKind(ref.kind)
  if (kind) return kind
  throw new UsageError(`Cluster ${cluster} serves no kind ${ref.kind.slice(0, 100)}.`)
}
