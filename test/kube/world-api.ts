// A far end that serves the objects of snapshot files as a read-only API: lists, single objects, logs, and nothing else.
import type { LoadedFiles } from '../../src/objects/files.ts'
import { KINDS, kindOf, pathOf } from '../../src/objects/kinds.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { type Asked, BUILT_IN, type FakeApi, fakeApi, later, listOf, status } from './fake-api.ts'

/** `refuse` may answer 403 for a path by returning true. */
export async function worldApi(loaded: LoadedFiles, refuse: (asked: Asked) => boolean = () => false): Promise<FakeApi> {
  const lists = new Map<string, KubeObject[]>()
  const put = (path: string, object?: KubeObject) =>
    lists.set(path, [...(lists.get(path) ?? []), ...(object ? [object] : [])])
  for (const object of loaded.objects) {
    const kind = kindOf(object.kind, object.apiVersion) ?? kindOf(object.kind)
    if (!kind) continue
    put(pathOf(kind), object)
    if (object.metadata.namespace) put(pathOf(kind, object.metadata.namespace), object)
  }
  const present = KINDS.filter((kind) => BUILT_IN.includes(kind) || lists.has(pathOf(kind)))
  return fakeApi(
    (asked, response) => {
      const { path, query } = asked
      if (path === '/api' || path === '/apis') return undefined
      if (refuse(asked)) return status(response, 403, 'forbidden by the test')
      if (path.endsWith('/log')) {
        const [, , , , namespace, , pod] = path.split('/')
        const log = loaded.logs.find(
          (one) =>
            one.namespace === namespace &&
            one.pod === pod &&
            one.container === query.get('container') &&
            one.previous === (query.get('previous') === 'true'),
        )
        if (!log) return status(response, 400, 'previous terminated container not found')
        response.end(log.text)
        return later(response)
      }
      const slash = path.lastIndexOf('/')
      const one = lists.get(path.slice(0, slash))?.find(({ metadata }) => metadata.name === path.slice(slash + 1))
      return one ?? listOf(lists.get(path) ?? [])
    },
    { kinds: present },
  )
}
