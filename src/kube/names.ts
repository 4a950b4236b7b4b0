// What may stand in a path: checked before any request is made, so that no name can smuggle a flag, a segment or a query.
import { UsageError } from '../core/errors.ts'

// RFC 1123 names as the API server checks them: a label has 63 characters at most, a subdomain 253
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/
// RBAC names and a few others may hold colons and capitals (`system:node`): anything that is one clean path segment
const SEGMENT = /^[A-Za-z0-9]([-A-Za-z0-9._:]{0,251}[A-Za-z0-9])?$/

function isNamespace(text: string): boolean {
  return LABEL.test(text)
}

function isContainerName(text: string): boolean {
  return LABEL.test(text)
}

/** `kind` widens the rule for kinds whose names the API server checks only as path segments (RBAC). */
function isObjectName(text: string, kind = ''): boolean {
  if (/^(Cluster)?Role(Binding)?$|^APIService$|^CSINode$|^IPAddress$/.test(kind)) return SEGMENT.test(text)
  return SUBDOMAIN.test(text) && !text.includes('..')
}

export function checkNamespace(text: string): string {
  if (isNamespace(text)) return text
  throw new UsageError(
    `${quote(text)} is no namespace name: allowed are up to 63 lower-case letters, digits and dashes.`,
  )
}

export function checkContainer(text: string): string {
  if (isContainerName(text)) return text
  throw new UsageError(
    `${quote(text)} is no container name: allowed are up to 63 lower-case letters, digits and dashes.`,
  )
}

export function checkName(text: string, kind = ''): string {
  if (isObjectName(text, kind)) return text
  throw new UsageError(
    `${quote(text)} is no name of a ${kind || 'Kubernetes object'}: allowed are up to 253 lower-case letters, digits, dashes and dots.`,
  )
}

/** Foreign text inside our own sentence: shortened, and without characters that could hide or forge anything. */
export function quote(text: string): string {
  const visible = text.replace(/[^\x20-\x7e]/g, '?')
  return `"${visible.length > 60 ? `${visible.slice(0, 57)}...` : visible}"`
}

/** The known name that the text most likely meant, for "did you mean"; undefined when none is near. */
export function nearest(text: string, known: readonly string[]): string | undefined {
  const wanted = text.toLowerCase().slice(0, 100)
  const allowed = Math.max(1, Math.floor(wanted.length / 3))
  let best: { name: string; far: number } | undefined
  for (const name of known) {
    const candidate = name.toLowerCase()
    const contains =
      wanted.length >= 3 && candidate.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate))
    const far = contains ? 0.5 : editDistance(wanted, candidate.slice(0, 100), allowed)
    if (far <= allowed && (!best || far < best.far)) best = { name, far }
  }
  return best?.name
}

/** Edits between two words, swapped neighbours counting as one; given up as `most + 1` when there are more. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? (before[j - 2] ?? 0) + 1 : change
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[b.length] ?? most + 1
}
