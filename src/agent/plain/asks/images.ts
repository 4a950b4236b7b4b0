// "what image is checkout running".
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

export const images: Reader = {
  understood: only(
    'what which show list image images version versions tag tags run running runs use uses using deployed pull pulls',
  ),
  read: ({ lower }) =>
    /\b(what|which|show|list)\b.*\b(images?|versions?|tags?)\b|^images?\b/.test(lower) &&
    !/\b(cannot|can't|not|fail\w*|error\w*)\b.*\bpull|\bpull\w* (fail|err)|imagepull/.test(lower)
      ? { kind: 'images' }
      : undefined,
}
