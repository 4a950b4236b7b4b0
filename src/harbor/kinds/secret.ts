import type { KubeObject } from '../../objects/object.ts'
import type { FieldErrors } from '../invalid.ts'
import { checkConfigKey } from '../names.ts'
import { put, same } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

const FROZEN = 'field is immutable when `immutable` is set'
const MAX_BYTES = 1024 * 1024
const ACCOUNT = 'kubernetes.io/service-account.name'

export const secret: KindRules = {
  apiVersion: 'v1',
  kind: 'Secret',
  defaults(draft) {
    draft.type ??= 'Opaque'
    if (!draft.stringData) return
    draft.data ??= {}
    for (const [key, value] of Object.entries(draft.stringData)) {
      put(draft.data, key, Buffer.from(String(value)).toString('base64'))
    }
    delete draft.stringData
  },
  validate(object, errors) {
    let size = 0
    for (const [key, value] of Object.entries(object.data ?? {})) {
      checkConfigKey(key, `data[${key}]`, errors)
      size += String(value).length
    }
    if (size > MAX_BYTES) errors.tooLong('data', `may not be more than ${MAX_BYTES} bytes`)
    checkType(object, errors)
  },
  validateUpdate(object, old, errors) {
    if (object.type !== old.type) errors.invalid('type', object.type, 'field is immutable')
    if (!old.immutable) return
    if (!object.immutable) errors.forbidden('immutable', FROZEN)
    if (!same(object.data, old.data)) errors.forbidden('data', FROZEN)
  },
  warnings(object) {
    if (object.type !== 'kubernetes.io/tls' || decoded(object, 'tls.crt').includes('-----BEGIN ')) return []
    return ['tls: failed to find any PEM data in certificate input']
  },
  fields: { type: (object) => object.type ?? '' },
  fieldWording: 'label',
  columns: [
    NAME_COLUMN,
    column('Type', 'V1Secret.type', (object) => object.type ?? 'Opaque'),
    column('Data', 'V1Secret.data', (object) => Object.keys(object.data ?? {}).length),
    AGE_COLUMN,
  ],
}

function decoded(object: KubeObject, key: string): string {
  return Buffer.from(String(object.data?.[key] ?? ''), 'base64').toString('utf8')
}

// the data keys that each type needs
const NEEDED: Record<string, string[]> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
}

function checkType(object: KubeObject, errors: FieldErrors): void {
  const has = (key: string) => Object.hasOwn(object.data ?? {}, key)
  if (object.type === 'kubernetes.io/service-account-token') {
    if (!object.metadata.annotations?.[ACCOUNT]) errors.required(`metadata.annotations[${ACCOUNT}]`)
    return
  }
  if (object.type === 'kubernetes.io/basic-auth') {
    if (has('username') || has('password')) return
    errors.required('data[username]')
    errors.required('data[password]')
    return
  }
  for (const key of NEEDED[object.type] ?? []) {
    if (!has(key)) errors.required(`data[${key}]`)
    else if (key.startsWith('.docker')) checkJson(decoded(object, key), `data[${key}]`, errors)
  }
}

function checkJson(text: string, field: string, errors: FieldErrors): void {
  try {
    JSON.parse(text)
  } catch {
    const why =
      text === '' ? 'unexpected end of JSON input' : `invalid character '${text[0]}' looking for beginning of value`
    errors.invalid(field, '<secret contents redacted>', why)
  }
}
