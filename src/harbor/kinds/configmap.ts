import { checkConfigKey } from '../names.ts'
import { same } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

const FROZEN = 'field is immutable when `immutable` is set'
const MAX_BYTES = 1024 * 1024

export const configMap: KindRules = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  validate(object, errors) {
    let size = 0
    for (const [key, value] of Object.entries(object.data ?? {})) {
      checkConfigKey(key, `data[${key}]`, errors)
      if (Object.hasOwn(object.binaryData ?? {}, key)) {
        errors.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')
      }
      size += String(value).length
    }
    for (const [key, value] of Object.entries(object.binaryData ?? {})) {
      checkConfigKey(key, `binaryData[${key}]`, errors)
      size += String(value).length
    }
    if (size > MAX_BYTES) errors.tooLong('', `may not be more than ${MAX_BYTES} bytes`)
  },
  validateUpdate(object, old, errors) {
    if (!old.immutable) return
    if (!object.immutable) errors.forbidden('immutable', FROZEN)
    if (!same(object.data, old.data)) errors.forbidden('data', FROZEN)
    if (!same(object.binaryData, old.binaryData)) errors.forbidden('binaryData', FROZEN)
  },
  columns: [
    NAME_COLUMN,
    column('Data', 'V1ConfigMap.data', (object) => {
      return Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length
    }),
    AGE_COLUMN,
  ],
}
