// A diagnosis as text that a person likes to read: one paragraph per root cause, what follows from it, then what was not seen.
import type { Diagnosis, Finding } from '../core/finding.ts'
import { type ObjectRef, refText } from '../core/ref.ts'
import { count, some } from './look/words.ts'

export interface TextOptions {
  /** shown at the right of the first line */
  cluster?: string
  /** "namespace shop"; default: the cluster */
  scope?: string
  /** columns; default 100 */
  width?: number
  colour?: boolean
}

const SIGN = { critical: '🔴', warning: '⚠️ ', info: 'ℹ️ ' } as const
const LABEL_WIDTH = 10
const MAX_INFO = 5

/** "Nothing is wrong" is said only of what could be looked at. */
function calm({ partial }: Diagnosis, where: string): string {
  if (partial.some((gap) => /\blist pods\b/.test(gap)))
    return `⚪ Cannot tell whether ${where} is healthy: its pods could not be read.`
  return partial.length > 0
    ? `✅ Nothing is wrong in ${where}, as far as could be looked.`
    : `✅ Nothing is wrong in ${where}.`
}

/** Ends with a newline. Text from the cluster has been made safe to print when the findings were made. */
export function diagnosisText(diagnosis: Diagnosis, options: TextOptions = {}): string {
  const width = Math.max(40, options.width ?? 100)
  const roots = diagnosis.findings.filter(({ root, severity }) => root && severity !== 'info')
  const infos = diagnosis.findings.filter(({ severity }) => severity === 'info')
  const where = options.scope ?? 'the cluster'
  const parts = roots.map((finding, index) =>
    causeText(finding, diagnosis, index === 0 ? options : { ...options, cluster: '' }, width),
  )
  if (roots.length === 0) parts.push([right(calm(diagnosis, where), options.cluster, width)])
  if (infos.length > 0) parts.push(infoText(infos, width))
  if (diagnosis.partial.length > 0) parts.push(partialText(diagnosis.partial, width))
  const head = roots.length > 1 ? [bold(`${count(roots.length, 'root cause')} in ${where}`, options), ''] : []
  return `${[...head, parts.map((lines) => lines.join('\n')).join('\n\n')].join('\n')}\n`
}

function causeText(finding: Finding, diagnosis: Diagnosis, options: TextOptions, width: number): string[] {
  const title = wrap(
    `${SIGN[finding.severity]} ${finding.summary}`,
    width - (options.cluster ? options.cluster.length + 2 : 0),
    3,
  )
  const [first = '', ...rest] = title
  return [
    bold(right(first, options.cluster, width), options),
    ...rest.map((line) => bold(line, options)),
    ...row('Cause', finding.cause, width),
    ...row('Changed', finding.changed, width),
    ...evidenceRows(finding, width),
    ...row('Explains', explained(finding, diagnosis), width),
    ...row('Next', finding.remedy, width),
  ]
}

/** What is already quoted as the cause is not told again. */
function evidenceRows(finding: Finding, width: number): string[] {
  const shown = finding.evidence
    .filter(({ text }) => !finding.cause.includes(text) && !text.startsWith('Changed: '))
    .slice(0, 4)
  return shown.flatMap(({ source, object, text }, index) =>
    row(index === 0 ? 'Evidence' : '', `${source} ${object.name}: ${text}`, width),
  )
}

function explained(finding: Finding, diagnosis: Diagnosis): string | undefined {
  const others = new Set(diagnosis.findings.filter(({ root }) => !root).map(({ object }) => refText(object)))
  const sick = finding.explains.map(refText).filter((text) => others.has(text))
  const names = sick.length > 0 ? sick : finding.explains.filter(isTold).map(refText)
  return names.length > 0 ? some(names, 5) : undefined
}

function isTold(ref: ObjectRef): boolean {
  return ref.kind !== 'ReplicaSet'
}

function infoText(infos: readonly Finding[], width: number): string[] {
  const shown = infos.slice(0, MAX_INFO).flatMap(({ summary }) => wrap(`${SIGN.info} ${summary}`, width, 3))
  return infos.length > MAX_INFO ? [...shown, `   and ${infos.length - MAX_INFO} more notes`] : shown
}

function partialText(partial: readonly string[], width: number): string[] {
  return ['Not everything could be looked at:', ...partial.flatMap((sentence) => wrap(`- ${sentence}`, width, 2))]
}

function row(label: string, text: string | undefined, width: number): string[] {
  if (!text) return []
  const lines = wrap(`${label.padEnd(LABEL_WIDTH)}${text}`, width, LABEL_WIDTH)
  return lines
}

/** Breaks at spaces; lines after the first are indented. A word longer than a line stays whole, so that it can be copied. */
function wrap(text: string, width: number, indent: number): string[] {
  const lead = /^ */.exec(text)?.[0] ?? ''
  const label = /^\S+ {2,}/.exec(text)?.[0] ?? lead
  const lines: string[] = []
  let line = label
  let empty = true
  for (const word of text.slice(label.length).split(' ')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ' '.repeat(indent) + word
    } else {
      line += empty ? word : ` ${word}`
    }
    empty = false
  }
  return [...lines, line]
}

function right(text: string, note: string | undefined, width: number): string {
  if (!note) return text
  return `${text}${' '.repeat(Math.max(2, width - text.length - note.length))}${note}`
}

function bold(text: string, options: TextOptions): string {
  return options.colour ? `\u001b[1m${text}\u001b[22m` : text
}
