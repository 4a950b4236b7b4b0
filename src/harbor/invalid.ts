// Field errors in the API's words, collected while validating and thrown together as one 422 Status.
import { isMap } from './plain.ts'
import { type StatusCause, StatusError } from './status.ts'

interface FieldError {
  reason: string
  field: string
  message: string
}

const RULE_REASONS: Record<string, string> = {
  FieldValueInvalid: 'Invalid value',
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
}

export class FieldErrors {
  readonly list: FieldError[] = []

  required(field: string, detail = ''): void {
    this.#add('FieldValueRequired', field, `Required value${detail ? `: ${detail}` : ''}`)
  }
  invalid(field: string, value: unknown, detail: string): void {
    this.#add('FieldValueInvalid', field, `Invalid value: ${valueText(value)}: ${detail}`)
  }
  notSupported(field: string, value: unknown, allowed: readonly string[]): void {
    const values = allowed.map((item) => JSON.stringify(item)).join(', ')
    this.#add('FieldValueNotSupported', field, `Unsupported value: ${valueText(value)}: supported values: ${values}`)
  }
  forbidden(field: string, detail: string): void {
    this.#add('FieldValueForbidden', field, `Forbidden: ${detail}`)
  }
  duplicate(field: string, value: unknown, detail = ''): void {
    this.#add('FieldValueDuplicate', field, `Duplicate value: ${valueText(value)}${detail ? `: ${detail}` : ''}`)
  }
  tooLong(field: string, detail: string): void {
    this.#add('FieldValueTooLong', field, `Too long: ${detail}`)
  }
  tooMany(field: string, count: number, limit: number): void {
    this.#add('FieldValueTooMany', field, `Too many: ${count}: must have at most ${limit} items`)
  }
  notFound(field: string, value: unknown): void {
    this.#add('FieldValueNotFound', field, `Not found: ${valueText(value)}`)
  }
  typeInvalid(field: string, value: unknown, detail: string): void {
    this.#add('FieldValueTypeInvalid', field, `Invalid value: ${valueText(value)}: ${detail}`)
  }

  /** a rule that a custom kind's author wrote does not hold: its own words, without the value */
  failed(reason: string, field: string, message: string): void {
    const lead = RULE_REASONS[reason] ?? 'Invalid value'
    this.#add(Object.hasOwn(RULE_REASONS, reason) ? reason : 'FieldValueInvalid', field, `${lead}: ${message}`)
  }

  #add(reason: string, field: string, message: string): void {
    if (this.list.length < 200) this.list.push({ reason, field, message })
  }
}

// values as Go prints them in an error: strings quoted, the rest as JSON; long ones shortened
function valueText(value: unknown): string {
  const text = JSON.stringify(value === undefined ? null : value) ?? 'null'
  return text.length > 4096 && isMap(value) ? '{...}' : text
}

/** The 422 of a body that breaks a rule. `kind` and `group` name what is invalid, `name` the object. */
export function invalid(kind: string, group: string, name: string, errors: FieldErrors): StatusError {
  const texts = [...new Set(errors.list.map(({ field, message }) => `${field}: ${message}`))]
  const listed = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const causes: StatusCause[] = errors.list.map(({ reason, message, field }) => ({ reason, message, field }))
  return new StatusError(422, 'Invalid', `${group ? `${kind}.${group}` : kind} "${name}" is invalid: ${listed}`, {
    ...(name ? { name } : {}),
    ...(group ? { group } : {}),
    ...(kind ? { kind } : {}),
    causes,
  })
}
