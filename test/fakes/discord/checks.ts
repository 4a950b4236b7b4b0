// What Discord accepts in a body, by its documented limits; refusals have the shape of error 50035.
// https://docs.discord.com/developers/reference#error-messages

export interface Fault {
  code: string
  message: string
}

/** Collects refusals by path: `embeds.0.description`. */
export class Check {
  readonly faults = new Map<string, Fault[]>()

  add(path: string, code: string, message: string): void {
    this.faults.set(path, [...(this.faults.get(path) ?? []), { code, message }])
  }

  text(path: string, value: unknown, limits: { min?: number; max: number; required?: boolean }): void {
    if (value === undefined || value === null) {
      if (limits.required) this.add(path, 'BASE_TYPE_REQUIRED', 'This field is required')
      return
    }
    if (typeof value !== 'string')
      return this.add(path, 'STRING_TYPE_CONVERT', `Could not interpret "${String(value)}" as string.`)
    const min = limits.min ?? (limits.required ? 1 : 0)
    // Discord trims what is shown, so blanks count as nothing; lengths are counted in characters
    const length = Array.from(value.trim()).length
    if (length < min) this.add(path, 'BASE_TYPE_REQUIRED', 'This field is required')
    else if (Array.from(value).length > limits.max)
      this.add(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${limits.max} or fewer in length.`)
  }

  one(path: string, value: unknown, allowed: unknown[]): void {
    if (!allowed.includes(value)) this.add(path, 'BASE_TYPE_CHOICES', `Value must be one of {${allowed.join(', ')}}.`)
  }

  list(path: string, value: unknown, max: number, min = 0): Record<string, unknown>[] {
    if (value === undefined || value === null) return []
    if (!Array.isArray(value)) {
      this.add(path, 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType')
      return []
    }
    if (value.length > max || value.length < min)
      this.add(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
    return value as Record<string, unknown>[]
  }

  /** undefined when nothing was refused */
  error(): Record<string, unknown> | undefined {
    if (this.faults.size === 0) return undefined
    const errors: Record<string, unknown> = {}
    for (const [path, faults] of this.faults) {
      let at = errors
      for (const step of path.split('.').filter(Boolean)) at = (at[step] ??= {}) as Record<string, unknown>
      at._errors = faults
    }
    return { message: 'Invalid Form Body', code: 50035, errors }
  }
}

const SNOWFLAKE = /^\d{15,21}$/

/** A message to be created or edited. https://docs.discord.com/developers/resources/message#create-message */
export function checkMessage(check: Check, body: Record<string, unknown>): void {
  check.text('content', body.content, { max: 2000 })
  if (
    body.nonce !== undefined &&
    (typeof body.nonce === 'string' ? body.nonce.length > 25 : !Number.isInteger(body.nonce))
  )
    check.add('nonce', 'NONCE_TYPE_TOO_LONG', 'Must be 25 or fewer in length.')
  checkEmbeds(check, body.embeds)
  checkComponents(check, body.components)
  checkMentions(check, body.allowed_mentions)
  const reference = body.message_reference as Record<string, unknown> | undefined
  if (reference && !SNOWFLAKE.test(String(reference.message_id)))
    check.add(
      'message_reference.message_id',
      'NUMBER_TYPE_COERCE',
      `Value "${String(reference.message_id)}" is not snowflake.`,
    )
}

function checkEmbeds(check: Check, value: unknown): void {
  let total = 0
  const count = (text: unknown) => {
    if (typeof text === 'string') total += Array.from(text).length
  }
  for (const [index, embed] of check.list('embeds', value, 10).entries()) {
    const path = `embeds.${index}`
    check.text(`${path}.title`, embed.title, { max: 256 })
    check.text(`${path}.description`, embed.description, { max: 4096 })
    if (embed.url !== undefined && !/^https?:\/\/\S+$/.test(String(embed.url)))
      check.add(`${path}.url`, 'URL_TYPE_INVALID_SCHEME', "Scheme must be one of ('http', 'https').")
    if (
      embed.color !== undefined &&
      !(Number.isInteger(embed.color) && Number(embed.color) >= 0 && Number(embed.color) <= 0xffffff)
    )
      check.add(`${path}.color`, 'NUMBER_TYPE_MAX', 'int value should be less than or equal to 16777215.')
    const footer = embed.footer as Record<string, unknown> | undefined
    if (footer) check.text(`${path}.footer.text`, footer.text, { max: 2048, required: true })
    const author = embed.author as Record<string, unknown> | undefined
    if (author) check.text(`${path}.author.name`, author.name, { max: 256, required: true })
    for (const [at, field] of check.list(`${path}.fields`, embed.fields, 25).entries()) {
      check.text(`${path}.fields.${at}.name`, field.name, { max: 256, required: true })
      check.text(`${path}.fields.${at}.value`, field.value, { max: 1024, required: true })
      count(field.name)
      count(field.value)
    }
    for (const text of [embed.title, embed.description, footer?.text, author?.name]) count(text)
    const shown = [embed.title, embed.description, embed.fields, footer, author, embed.image, embed.thumbnail]
    if (shown.every((one) => one === undefined || one === ''))
      check.add(path, 'BASE_TYPE_REQUIRED', 'This field is required')
  }
  if (total > 6000) check.add('embeds', 'MAX_EMBED_SIZE_EXCEEDED', 'Embed size exceeds maximum size of 6000')
}

function checkComponents(check: Check, value: unknown): void {
  const seen = new Set<unknown>()
  for (const [index, row] of check.list('components', value, 5).entries()) {
    const path = `components.${index}`
    check.one(`${path}.type`, row.type, [1])
    const parts = check.list(`${path}.components`, row.components, 5, 1)
    if (parts.some((one) => one.type === 3) && parts.length > 1)
      check.add(
        `${path}.components`,
        'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
        'The specified component exceeds the maximum width',
      )
    for (const [at, part] of parts.entries()) {
      const place = `${path}.components.${at}`
      check.one(`${place}.type`, part.type, [2, 3])
      check.text(`${place}.custom_id`, part.custom_id, { max: 100, required: true })
      if (seen.has(part.custom_id))
        check.add(`${place}.custom_id`, 'COMPONENT_CUSTOM_ID_DUPLICATED', 'Component custom id cannot be duplicated')
      seen.add(part.custom_id)
      if (part.type === 2) checkButton(check, place, part)
      else checkSelect(check, place, part)
    }
  }
}

function checkButton(check: Check, path: string, button: Record<string, unknown>): void {
  check.one(`${path}.style`, button.style, [1, 2, 3, 4])
  check.text(`${path}.label`, button.label, { max: 80, required: true })
}

function checkSelect(check: Check, path: string, select: Record<string, unknown>): void {
  check.text(`${path}.placeholder`, select.placeholder, { max: 150 })
  const values = new Set<unknown>()
  for (const [index, option] of check.list(`${path}.options`, select.options, 25, 1).entries()) {
    check.text(`${path}.options.${index}.label`, option.label, { max: 100, required: true })
    check.text(`${path}.options.${index}.value`, option.value, { max: 100, required: true })
    check.text(`${path}.options.${index}.description`, option.description, { max: 100 })
    if (values.has(option.value))
      check.add(
        `${path}.options.${index}.value`,
        'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED',
        'The specified option value is already used',
      )
    values.add(option.value)
  }
}

function checkMentions(check: Check, value: unknown): void {
  if (value === undefined || value === null) return
  const { parse, users, roles } = value as Record<string, unknown>
  const kinds = check.list('allowed_mentions.parse', parse, 3) as unknown as string[]
  for (const [index, kind] of kinds.entries())
    check.one(`allowed_mentions.parse.${index}`, kind, ['roles', 'users', 'everyone'])
  for (const [name, ids] of [
    ['users', users],
    ['roles', roles],
  ] as const) {
    const listed = check.list(`allowed_mentions.${name}`, ids, 100) as unknown as string[]
    for (const id of listed)
      if (!SNOWFLAKE.test(String(id)))
        check.add(`allowed_mentions.${name}`, 'NUMBER_TYPE_COERCE', `Value "${id}" is not snowflake.`)
    if (listed.length > 0 && kinds.includes(name))
      check.add(
        'allowed_mentions',
        'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
        `parse:["${name}"] and ${name}: [ids...] are mutually exclusive.`,
      )
  }
}

/** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal */
export function checkModal(check: Check, data: Record<string, unknown>): void {
  check.text('data.custom_id', data.custom_id, { max: 100, required: true })
  check.text('data.title', data.title, { max: 45, required: true })
  for (const [index, row] of check.list('data.components', data.components, 5, 1).entries()) {
    const path = `data.components.${index}`
    // a label around one input, or (older) a row with one input
    check.one(`${path}.type`, row.type, [1, 18])
    const [input, at] =
      row.type === 18
        ? [row.component as Record<string, unknown>, `${path}.component`]
        : [check.list(`${path}.components`, row.components, 1, 1)[0], `${path}.components.0`]
    if (row.type === 18) {
      check.text(`${path}.label`, row.label, { max: 45, required: true })
      check.text(`${path}.description`, row.description, { max: 100 })
    }
    if (!input) continue
    check.one(`${at}.type`, input.type, [4])
    check.text(`${at}.custom_id`, input.custom_id, { max: 100, required: true })
    check.one(`${at}.style`, input.style, [1, 2])
    if (row.type === 1) check.text(`${at}.label`, input.label, { max: 45, required: true })
    check.text(`${at}.placeholder`, input.placeholder, { max: 100 })
    const longest = input.max_length
    if (longest !== undefined && !(Number(longest) >= 1 && Number(longest) <= 4000))
      check.add(`${at}.max_length`, 'NUMBER_TYPE_MAX', 'int value should be less than or equal to 4000.')
  }
}

/** https://docs.discord.com/developers/interactions/application-commands#create-global-application-command */
export function checkCommands(check: Check, commands: unknown): void {
  for (const [index, command] of check.list('', commands, 100).entries()) {
    const path = String(index)
    const type = command.type ?? 1
    check.one(`${path}.type`, type, [1, 2, 3])
    check.text(`${path}.name`, command.name, { max: 32, required: true })
    if (type === 1 && !/^[-_'\p{Ll}\p{Lo}\p{N}]{1,32}$/u.test(String(command.name)))
      check.add(`${path}.name`, 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid')
    if (type === 1) check.text(`${path}.description`, command.description, { max: 100, required: true })
    else if (command.description)
      check.add(
        `${path}.description`,
        'APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION',
        'Context menu commands cannot have description',
      )
    for (const [at, option] of check.list(`${path}.options`, command.options, 25).entries()) {
      check.text(`${path}.options.${at}.name`, option.name, { max: 32, required: true })
      check.text(`${path}.options.${at}.description`, option.description, { max: 100, required: true })
      if (option.max_length !== undefined && !(Number(option.max_length) >= 1 && Number(option.max_length) <= 6000))
        check.add(
          `${path}.options.${at}.max_length`,
          'NUMBER_TYPE_MAX',
          'int value should be less than or equal to 6000.',
        )
    }
  }
}
