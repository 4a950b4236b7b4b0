// Text as kubectl prints it: aligned columns, ages, sizes.

import { stringify } from 'yaml'
import { ageText, durationText } from '../../objects/age.ts'
import type { KubeObject } from '../../objects/object.ts'
import { eventTime } from '../../objects/snapshot.ts'

/** Columns three spaces apart; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd((widths[index] ?? 0) + 3)))
        .join('')
        .trimEnd(),
    )
    .join('\n')
}

/** A cell on one line, whatever the cluster put into it. */
export function cell(value: unknown): string {
  if (value === undefined || value === null) return '<none>'
  const text =
    typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value as number)
  return text.replace(/[\r\n\t]+/g, ' ').slice(0, 2000)
}

/** `3m20s (x14 over 26m)`: when an event was last seen, how often and since when. */
export function eventAge(event: KubeObject, now: Date): string {
  const last = eventTime(event)
  const seen = last ? durationText(now.getTime() - last) : '<unknown>'
  const count = Number(event.series?.count ?? event.count ?? event.deprecatedCount ?? 1)
  if (!(count > 1)) return seen
  return `${seen} (x${count} over ${ageText(event.firstTimestamp ?? event.deprecatedFirstTimestamp ?? event.eventTime, now)})`
}

/** kubectl's name of an object: `pod/web`, `deployment.apps/web`. */
export function objectName(kind: { singular: string; apiVersion: string }, name: string): string {
  const slash = kind.apiVersion.indexOf('/')
  return `${kind.singular}${slash < 0 ? '' : `.${kind.apiVersion.slice(0, slash)}`}/${name}`
}

/** YAML as kubectl writes it: texts that look like times, numbers or switches are quoted. */
export function yamlText(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false }).trimEnd()
}
