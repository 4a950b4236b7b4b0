// "what image is checkout running".
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

export const images: Reader = {
  understood: only(
    'what which show list image images version versions tag tags run running runs use uses using deployed',
  ),
  read: ({ lower }) =>
    /\b(what|which|show|list)\b.*\b(images?|versions?|tags?)\b|^images?\b/.test(lower) && !/\bpull/.test(lower)
      ? { kind: 'images' }
      : undefined,
}
