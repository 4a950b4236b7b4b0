// "find wasted spend".
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

const WASTE =
  /\b(wast(e|ed|ing|eful)|over-?provisioned|rightsiz\w*|right-siz\w*|save money|saving(s)?|cost(s|ly)?|spend(ing)?|orphan(ed|s)?|unused|idle)\b/

export const waste: Reader = {
  understood: only(
    'find list show what which where anything waste wasted wasting wasteful over-provisioned overprovisioned rightsize rightsizing right-sizing save money saving savings cost costs spend spending orphan orphaned orphans unused idle resource resources we our',
  ),
  read: ({ lower }) => (WASTE.test(lower) ? { kind: 'waste' } : undefined),
}
