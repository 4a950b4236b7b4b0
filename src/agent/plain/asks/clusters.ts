// "which clusters do you know".
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

export const clusters: Reader = {
  understood: only(
    'list show which what how many clusters know have see do you i we version kubernetes k8s server api run running this is are it these version the',
  ),
  read: ({ lower }) =>
    /\b(list|show|which|what|how many)\b.*\bclusters\b|^clusters$|\b(kubernetes|k8s|cluster|server|api) version\b|^version\W*$|\b(what|which) cluster (is|are) (this|these|we|you|it)\b|\bversion of (kubernetes|k8s|the cluster)\b/.test(
      lower,
    )
      ? { kind: 'clusters' }
      : undefined,
}
