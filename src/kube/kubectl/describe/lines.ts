// Pieces that several descriptions share: fact lists, maps, conditions, tables with a heading.
import { ageText } from '../../../objects/age.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { cell, columns } from '../print.ts'
import type { Fact } from './describer.ts'

export function factLines(facts: readonly Fact[]): string[] {
  const shown = facts.filter(
    ([, value]) =>
      value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  )
  const width = Math.max(0, ...shown.map(([label]) => label.length)) + 3
  return shown.flatMap(([label, value]) => {
    const [first = '', ...more] = Array.isArray(value)
      ? (value as string[])
      : [String(value as string | number | boolean)]
    return [`${`${label}:`.padEnd(width)}${first}`, ...more.map((line) => `${' '.repeat(width)}${line}`)]
  })
}

/** `key=value` lines; long maps are cut and say so. */
export function mapLines(map: unknown, separator = '='): string[] {
  if (!isMap(map)) return []
  const entries = Object.entries(map)
  const lines = entries.slice(0, 40).map(([key, value]) => `${key}${separator}${cell(value).slice(0, 300)}`)
  return entries.length > 40 ? [...lines, `(${entries.length - 40} more)`] : lines
}

/** `cpu 250m, memory 64Mi` */
export function mapText(map: unknown): string | undefined {
  if (!isMap(map)) return undefined
  return (
    Object.entries(map)
      .map(([key, value]) => `${key} ${cell(value)}`)
      .join(', ') || undefined
  )
}

export function section(heading: string, rows: readonly (readonly string[])[], indent = 2): string[] {
  if (rows.length === 0) return []
  return [
    `${heading}:`,
    ...columns(rows)
      .split('\n')
      .map((line) => ' '.repeat(indent) + line),
  ]
}

export function conditionSection(object: KubeObject, now: Date): string[] {
  const conditions = listOf(object.status?.conditions)
  if (conditions.length === 0) return []
  const rows = conditions.map((condition) => [
    cell(condition.type),
    cell(condition.status),
    ageText(condition.lastTransitionTime ?? condition.lastProbeTime, now),
    condition.reason ? cell(condition.reason) : '',
    condition.message ? cell(condition.message) : '',
  ])
  return section('Conditions', [['Type', 'Status', 'Since', 'Reason', 'Message'], ...rows])
}

// biome-ignore lint/suspicious/noExplicitAny: parts of Kubernetes objects, as in objects/object.ts
export function listOf(value: unknown): any[] {
  return Array.isArray(value) ? value.filter((item) => item !== null && item !== undefined) : []
}

/** Like `cell`, but undefined stays undefined, so that the fact is left out. */
export function optional(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : cell(value)
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
