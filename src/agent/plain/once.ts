// A cluster that is asked for the same list once per question: finding names and filling the snapshot look at the same kinds.
import type { Cluster } from '../../kube/clusters.ts'
import type { Listed, ListOptions } from '../../kube/reader.ts'
import type { KubeObject } from '../../objects/object.ts'

/** Only lists of one namespace, and of namespaces, are kept: they are small, and the question is soon over. */
export function askedOnce(cluster: Cluster): Cluster {
  const lists = new Map<string, Promise<Listed>>()
  return {
    ...cluster,
    reader: {
      ...cluster.reader,
      async list(kind, options: ListOptions = {}) {
        const plain = options.labelSelector === undefined && options.fieldSelector === undefined
        if (!plain || (options.namespace === undefined && kind.kind !== 'Namespace'))
          return cluster.reader.list(kind, options)
        const key = `${kind.apiVersion}/${kind.plural}/${options.namespace ?? ''}`
        const { project, ...rest } = options
        const listing = lists.get(key) ?? cluster.reader.list(kind, rest)
        lists.set(key, listing)
        // a failure is not kept: the next who asks may have more time
        listing.catch(() => lists.delete(key))
        const listed = await listing
        if (!project) return listed
        // a projection may cut in place: what it cuts, nobody else in the same question needs
        return { ...listed, items: listed.items.map(project).filter((item): item is KubeObject => item !== undefined) }
      },
    },
  }
}
