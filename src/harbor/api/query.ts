// Query parameters in the types the server reads them as.
import { badRequest } from '../status.ts'

export function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d{1,18}$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text)
}

const MAX_UINT64 = 2n ** 64n - 1n

/** A resourceVersion of the query; undefined: none, or "0", which is any. `refuse` words what is no number of 64 bits. */
export function revisionIn(query: URLSearchParams, refuse: (fault: string) => Error): number | undefined {
  const text = query.get('resourceVersion')
  if (!text || text === '0') return undefined
  const fault = !/^\d+$/.test(text) ? 'invalid syntax' : isTooLong(text) ? 'value out of range' : undefined
  if (fault === undefined) return Number(text)
  const quoted = JSON.stringify(text)
  throw refuse(`resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${fault}`)
}

function isTooLong(text: string): boolean {
  return text.length > 20 || BigInt(text) > MAX_UINT64
}
