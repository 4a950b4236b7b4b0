// A typed result as few tokens as possible: a list of flat rows becomes a table, empty columns and quotes vanish; the rest is plain lines.

/** Never throws; `value` fits the tool's result schema. */
export function printResult(value: unknown): string {
  if (typeof value === 'string') return value
  if (!isRecord(value)) return JSON.stringify(value) ?? ''
  const parts: string[] = []
  for (const [key, item] of Object.entries(value)) {
    if (key === 'items' && Array.isArray(item)) parts.push(table(item.filter(isRecord)))
    else if (Array.isArray(item))
      parts.push(...item.map((one) => `${key === 'notes' ? '(note) ' : `${key}: `}${String(one)}`))
    else if (typeof item === 'string' && item.includes('\n')) parts.push(`${key}:\n${item}`)
    else parts.push(`${key}: ${String(item)}`)
  }
  return parts.filter(Boolean).join('\n')
}

function table(rows: Record<string, unknown>[]): string {
  const keys = Object.keys(rows[0] ?? {})
  const used = keys.filter((key) => rows.some((row) => row[key] !== '' && row[key] !== undefined))
  if (used.length === 0) return ''
  // one value per line would cost the key each time; tabs cost one token
  return [
    used.join('\t'),
    ...rows.map((row) => used.map((key) => String(row[key] ?? '').replace(/[\t\r\n]+/g, ' ')).join('\t')),
  ].join('\n')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
