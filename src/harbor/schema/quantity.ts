// Quantities in the one spelling the API prints: "0.5" → "500m", "1024Mi" → "1Gi", "1000m" → "1".
export const QUANTITY_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

const FORM = /^([+-]?)(\d{0,30})(?:\.(\d{0,30}))?(?:([eE])([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/
const DECIMAL: [string, number][] = [
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

interface Parsed {
  /** in units of 10^-9 */
  nano: bigint
  form: 'decimal' | 'binary' | 'exponent'
}

function parse(text: string): Parsed | undefined {
  const match = FORM.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponentMark, exponent, suffix = ''] = match
  if (whole === '' && fraction === '') return undefined
  const negative = sign === '-'
  const digits = BigInt(whole + fraction)
  let nano: bigint
  let form: Parsed['form'] = 'decimal'
  if (suffix.endsWith('i')) {
    form = 'binary'
    nano = divideUp(digits * 1024n ** BigInt(BINARY.indexOf(suffix)) * 10n ** 9n, 10n ** BigInt(fraction.length))
  } else {
    if (exponentMark) form = 'exponent'
    const power =
      9 - fraction.length + (exponentMark ? Number(exponent) : (DECIMAL.find(([name]) => name === suffix)?.[1] ?? 0))
    if (Math.abs(power) > 200) return undefined
    nano = power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power))
  }
  return { nano: negative ? -nano : nano, form }
}

// the API rounds what is smaller than a nano-unit up
function divideUp(value: bigint, by: bigint): bigint {
  return value % by === 0n ? value / by : value / by + 1n
}

function print({ nano, form }: Parsed): string {
  if (nano === 0n) return '0'
  const sign = nano < 0n ? '-' : ''
  const size = nano < 0n ? -nano : nano
  // fractions of a byte do not exist in binary form: it falls back to decimal
  if (form === 'binary' && size % 10n ** 9n === 0n && size >= 1024n * 10n ** 9n) {
    let value = size / 10n ** 9n
    let unit = 0
    while (unit < BINARY.length - 1 && value % 1024n === 0n) {
      value /= 1024n
      unit++
    }
    return `${sign}${value}${BINARY[unit]}`
  }
  let value = size
  let unit = 0
  while (unit < DECIMAL.length - 1 && value % 1000n === 0n) {
    value /= 1000n
    unit++
  }
  const [suffix = '', power = 0] = DECIMAL[unit] ?? []
  return form === 'exponent' && power !== 0 ? `${sign}${value}e${power}` : `${sign}${value}${suffix}`
}

/** The API's spelling, or undefined when the text is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text)
  return parsed && print(parsed)
}

/** Adds quantities exactly; the form of the first that is not zero wins, as the API does. Texts that are no quantities count as 0. */
export function addQuantities(texts: string[]): string {
  const parsed = texts.flatMap((text) => parse(text) ?? [])
  const nano = parsed.reduce((sum, quantity) => sum + quantity.nano, 0n)
  const form = parsed.find((quantity) => quantity.nano !== 0n)?.form ?? 'decimal'
  return print({ nano, form })
}

/** -1, 0 or 1. */
export function compareQuantities(a: string, b: string): number {
  const left = parse(a)?.nano ?? 0n
  const right = parse(b)?.nano ?? 0n
  return left < right ? -1 : left > right ? 1 : 0
}
