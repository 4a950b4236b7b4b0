// What may be a name, a label, a key: the API's rules and its wording of them.
import type { FieldErrors } from './invalid.ts'

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const SERVICE = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/

export const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const SERVICE_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const QUALIFIED_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const LABEL_VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
const CONFIG_KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

export type NameRule = 'subdomain' | 'label' | 'service' | 'path'

/** What is wrong with a name, in the API's words; empty when nothing is. */
export function nameFaults(name: string, rule: NameRule, prefix = false): string[] {
  // generateName may end in what a name may not end in
  const text = prefix && name.endsWith('-') ? `${name.slice(0, -1)}a` : name
  const limit = rule === 'subdomain' || rule === 'path' ? 253 : 63
  const faults: string[] = []
  if (rule === 'path') {
    if (text === '.' || text === '..') faults.push(`may not be '${text}'`)
    for (const part of ['/', '%']) if (text.includes(part)) faults.push(`may not contain '${part}'`)
    return faults
  }
  if (text.length > limit) faults.push(`must be no more than ${limit} bytes`)
  if (rule === 'label' && !LABEL.test(text)) faults.push(LABEL_RULE)
  if (rule === 'subdomain' && !SUBDOMAIN.test(text)) faults.push(SUBDOMAIN_RULE)
  if (rule === 'service' && !SERVICE.test(text)) faults.push(SERVICE_RULE)
  return faults
}

export function isLabelName(text: string): boolean {
  return text.length <= 63 && LABEL.test(text)
}

export function qualifiedFaults(key: string): string[] {
  const [first = '', second, ...rest] = key.split('/')
  if (rest.length > 0) {
    return [
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ]
  }
  const faults: string[] = []
  if (second !== undefined && first === '') faults.push('prefix part must be non-empty')
  else if (second !== undefined && !SUBDOMAIN.test(first)) faults.push(`prefix part ${SUBDOMAIN_RULE}`)
  const name = second ?? first
  if (name === '') faults.push('name part must be non-empty')
  else if (name.length > 63) faults.push('name part must be no more than 63 bytes')
  if (!QUALIFIED.test(name)) faults.push(QUALIFIED_RULE)
  return faults
}

export function checkLabels(labels: Record<string, string> | undefined, field: string, errors: FieldErrors): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const fault of qualifiedFaults(key)) errors.invalid(field, key, fault)
    if (value.length > 63) errors.invalid(field, value, 'must be no more than 63 bytes')
    if (!LABEL_VALUE.test(value)) errors.invalid(field, value, LABEL_VALUE_RULE)
  }
}

const MAX_ANNOTATIONS = 256 * 1024

export function checkAnnotations(map: Record<string, string> | undefined, field: string, errors: FieldErrors): void {
  let size = 0
  for (const [key, value] of Object.entries(map ?? {})) {
    for (const fault of qualifiedFaults(key.toLowerCase())) errors.invalid(field, key, fault)
    size += key.length + value.length
  }
  if (size > MAX_ANNOTATIONS) errors.tooLong(field, `may not be more than ${MAX_ANNOTATIONS} bytes`)
}

export function checkConfigKey(key: string, field: string, errors: FieldErrors): void {
  if (key.length > 253) errors.invalid(field, key, 'must be no more than 253 characters')
  if (!CONFIG_KEY.test(key)) errors.invalid(field, key, CONFIG_KEY_RULE)
}
