// A measured figure beside its target. Benchmarks print; they are not timed tests.
export interface Figure {
  name: string
  value: number
  target: number
  unit: string
  /** true: at least the target (rates); default: at most */
  atLeast?: boolean
}

export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function printFigures(figures: Figure[]): void {
  for (const { name, value, target, unit, atLeast } of figures) {
    const good = atLeast ? value >= target : value <= target
    const shown = value >= 100 ? Math.round(value) : Number(value.toFixed(2))
    console.log(
      `${good ? '✓' : '✗'} ${name.padEnd(72)} ${String(shown).padStart(9)} ${unit.padEnd(4)} (${atLeast ? '≥' : '≤'} ${target})`,
    )
  }
}
