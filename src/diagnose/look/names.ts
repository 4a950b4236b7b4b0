// The nearest existing name to one that does not exist: a typo, a plural, a shortened word.

/** The best candidate, or undefined when none is near enough to be meant. Linear in candidates; names longer than 253 are not looked at. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestScore = 0
  for (const candidate of candidates) {
    if (candidate === name || candidate.length > 253 || name.length > 253) continue
    const score = similarity(name, candidate)
    if (score > bestScore) {
      bestScore = score
      best = candidate
    }
  }
  return bestScore >= 0.6 ? best : undefined
}

/** 0 (nothing alike) to 1 (equal), by edit distance and by shared words. */
export function similarity(a: string, b: string): number {
  const x = a.toLowerCase()
  const y = b.toLowerCase()
  const longest = Math.max(x.length, y.length)
  if (longest === 0) return 1
  const byEdits = 1 - editDistance(x, y) / longest
  return Math.max(byEdits, byWords(x, y))
}

function byWords(a: string, b: string): number {
  const left = words(a)
  const right = words(b)
  if (left.length < 2 && right.length < 2) return 0
  // "db" in one and "database" in the other are the same word shortened
  const shared = left.filter((word) => right.some((other) => word === other || isShortFor(word, other))).length
  return (2 * shared) / (left.length + right.length) - 0.05
}

function words(name: string): string[] {
  return name.split(/[-_.]/).filter(Boolean).slice(0, 20)
}

function isShortFor(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  if (short.length < 2 || short[0] !== long[0]) return false
  let at = 0
  for (const char of long) if (char === short[at]) at++
  return at === short.length
}

/** Damerau-Levenshtein with neighbours swapped as one edit, two rows and a half of memory. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      }
      row.push(least)
    }
    before = previous
    previous = row
  }
  return previous[b.length] ?? 0
}
