// "which clusters do you know".
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

export const clusters: Reader = {
  understood: only('list show which what how many clusters know have see do you i we'),
  read: ({ lower }) =>
    /\b(list|show|which|what|how many)\b.*\bclusters\b/.test(lower) || /^clusters$/.test(lower)
      ? { kind: 'clusters' }
      : undefined,
}
