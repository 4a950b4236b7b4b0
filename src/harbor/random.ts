// Repeatable chance: the same seed makes the same names, uids and IPs.
export interface Random {
  /** in [0, 1) */
  next(): number
  /** whole number in [0, below) */
  int(below: number): number
  /** the lower-case suffix of generated names, from the alphabet the API server uses (no vowels, no look-alikes) */
  suffix(length: number): string
  uuid(): string
}

const HEX = '0123456789abcdef'
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

export function createRandom(seed: number): Random {
  let state = seed >>> 0 || 1
  // mulberry32: small, fast, good enough for names
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (below: number) => Math.floor(next() * below)
  function hex(digits: number): string {
    let text = ''
    for (let at = 0; at < digits; at++) text += HEX[int(16)]
    return text
  }
  return {
    next,
    int,
    suffix: (length) => Array.from({ length }, () => SUFFIX_ALPHABET[int(SUFFIX_ALPHABET.length)]).join(''),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[int(4)]}${hex(3)}-${hex(12)}`,
  }
}
