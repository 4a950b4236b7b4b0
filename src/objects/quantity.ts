// Kubernetes resource quantities ("250m", "128Mi", "1e3"): https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
const SUFFIX: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}
const FORM = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkKMGTPE]i?))?$/

/** The number of base units (cores, bytes), or undefined when the text is no quantity. */
export function parseQuantity(text: string | number | undefined | null): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) ? text : undefined
  if (typeof text !== 'string') return undefined
  const match = FORM.exec(text.trim())
  if (!match) return undefined
  const [, digits, exponent, suffix = ''] = match
  const factor = SUFFIX[suffix]
  if (factor === undefined) return undefined
  return Number(`${digits}${exponent ?? ''}`) * factor
}

/** Cores as people write them: 0.25 → "250m", 2 → "2". */
export function formatCpu(cores: number): string {
  const milli = Math.round(cores * 1000)
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`
}

/** Bytes as people write them, rounded to three digits: 134217728 → "128Mi". */
export function formatBytes(bytes: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi']
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${Number(value.toFixed(digits))}${units[unit]}`
}
