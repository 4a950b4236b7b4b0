// Field selectors as text: `status.phase=Failed,spec.nodeName!=worker-a` (apimachinery fields.ParseSelector).
import type { KubeObject } from './object.ts'

const TERM = /^([A-Za-z][\w.]*)(==|=|!=)([^=!]*)$/

/** Throws a RangeError with a sentence when the text is no field selector; '' matches everything. */
export function parseFieldSelector(text: string): (object: KubeObject) => boolean {
  const tests = text.split(',').filter(Boolean).map(parseTerm)
  return (object) => tests.every((test) => test(object))
}

function parseTerm(text: string): (object: KubeObject) => boolean {
  const match = TERM.exec(text)
  if (!match) throw new RangeError(`"${text.slice(0, 60)}" is no field selector`)
  const [, path = '', sign, wanted] = match
  return (object) => (fieldText(object, path) === wanted) === (sign !== '!=')
}

/** A field that is absent, or no plain value, reads as ''. */
function fieldText(object: unknown, path: string): string {
  let value = object
  for (const key of path.split('.')) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
