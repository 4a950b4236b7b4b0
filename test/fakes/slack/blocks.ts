// Slack's documented limits of Block Kit, checked the way Slack reports them: https://docs.slack.dev/reference/block-kit

type Json = Record<string, unknown>

/** Where the sum of all texts of a message begins to be refused (not documented; observed). */
const MAX_ALL_TEXT = 13_200

export interface BlockProblem {
  error: 'invalid_blocks' | 'msg_blocks_too_long'
  messages: string[]
}

export function checkBlocks(blocks: unknown, where: 'message' | 'modal' | 'home'): BlockProblem | undefined {
  if (!Array.isArray(blocks))
    return { error: 'invalid_blocks', messages: ['[ERROR] must be an array [json-pointer:/blocks]'] }
  const problems: string[] = []
  const most = where === 'message' ? 50 : 100
  if (blocks.length > most) problems.push(`no more than ${most} items allowed [json-pointer:/blocks]`)
  const blockIds = new Set<string>()
  blocks.forEach((block: unknown, index) => {
    const at = `/blocks/${index}`
    if (!isObject(block)) return void problems.push(`must be an object [json-pointer:${at}]`)
    checkBlock(block, at, problems, where)
    if (typeof block.block_id === 'string') {
      if (block.block_id.length > 255) problems.push(`must be less than 256 characters [json-pointer:${at}/block_id]`)
      if (blockIds.has(block.block_id)) problems.push(`block_id ${block.block_id} already exists [json-pointer:${at}]`)
      blockIds.add(block.block_id)
    }
  })
  if (problems.length > 0) return { error: 'invalid_blocks', messages: problems.map((one) => `[ERROR] ${one}`) }
  if (where === 'message' && textLength(blocks) > MAX_ALL_TEXT) return { error: 'msg_blocks_too_long', messages: [] }
  return undefined
}

function checkBlock(block: Json, at: string, problems: string[], where: string): void {
  switch (block.type) {
    case 'section': {
      if (block.text === undefined && block.fields === undefined)
        problems.push(`missing required field: text [json-pointer:${at}]`)
      if (block.text !== undefined) checkText(block.text, `${at}/text`, 3000, problems)
      if (Array.isArray(block.fields)) {
        if (block.fields.length > 10) problems.push(`no more than 10 items allowed [json-pointer:${at}/fields]`)
        block.fields.forEach((field, index) => checkText(field, `${at}/fields/${index}`, 2000, problems))
      }
      if (block.accessory !== undefined) checkElement(block.accessory, `${at}/accessory`, problems)
      return
    }
    case 'header':
      return checkText(block.text, `${at}/text`, 150, problems, 'plain_text')
    case 'context': {
      const elements = listOf(block.elements, `${at}/elements`, 1, 10, problems)
      elements.forEach((element, index) => {
        const here = `${at}/elements/${index}`
        if (isObject(element) && element.type === 'image') checkImage(element, here, problems)
        else checkText(element, here, 2000 + 1000, problems)
      })
      return
    }
    case 'divider':
      return
    case 'image':
      return checkImage(block, at, problems)
    case 'actions': {
      const elements = listOf(block.elements, `${at}/elements`, 1, 25, problems)
      const ids = new Set<unknown>()
      elements.forEach((element, index) => {
        checkElement(element, `${at}/elements/${index}`, problems)
        if (!isObject(element) || element.action_id === undefined) return
        if (ids.has(element.action_id)) problems.push(`action_id already exists [json-pointer:${at}/elements/${index}]`)
        ids.add(element.action_id)
      })
      return
    }
    case 'input': {
      if (where === 'home') problems.push(`unsupported type: input [json-pointer:${at}]`)
      checkText(block.label, `${at}/label`, 2000, problems, 'plain_text')
      if (block.hint !== undefined) checkText(block.hint, `${at}/hint`, 2000, problems, 'plain_text')
      if (!isObject(block.element)) problems.push(`missing required field: element [json-pointer:${at}]`)
      else checkInput(block.element, `${at}/element`, problems)
      return
    }
    case 'rich_text': {
      const elements = listOf(block.elements, `${at}/elements`, 1, 1000, problems)
      elements.forEach((element, index) => checkRich(element, `${at}/elements/${index}`, problems))
      return
    }
    case 'markdown':
      if (typeof block.text !== 'string' || block.text.length > 12_000) {
        problems.push(`must be less than 12001 characters [json-pointer:${at}/text]`)
      }
      return
    default:
      problems.push(`unsupported type: ${word(block.type)} [json-pointer:${at}/type]`)
  }
}

const RICH_CONTAINERS = new Set(['rich_text_section', 'rich_text_list', 'rich_text_preformatted', 'rich_text_quote'])
const RICH_LEAVES = new Set([
  'text',
  'link',
  'user',
  'usergroup',
  'channel',
  'emoji',
  'broadcast',
  'date',
  'color',
  'team',
])

function checkRich(element: unknown, at: string, problems: string[]): void {
  if (!isObject(element) || !RICH_CONTAINERS.has(word(element.type))) {
    problems.push(`unsupported type [json-pointer:${at}/type]`)
    return
  }
  if (element.type === 'rich_text_list' && !['bullet', 'ordered'].includes(word(element.style))) {
    problems.push(`must be a valid enum value [json-pointer:${at}/style]`)
  }
  const inner = Array.isArray(element.elements) ? element.elements : undefined
  if (!inner || inner.length === 0) {
    problems.push(`no fewer than 1 items allowed [json-pointer:${at}/elements]`)
    return
  }
  inner.forEach((leaf: unknown, index) => {
    const here = `${at}/elements/${index}`
    if (element.type === 'rich_text_list') {
      if (!isObject(leaf) || leaf.type !== 'rich_text_section')
        problems.push(`unsupported type [json-pointer:${here}/type]`)
      else checkRich(leaf, here, problems)
      return
    }
    if (!isObject(leaf) || !RICH_LEAVES.has(word(leaf.type))) {
      problems.push(`unsupported type [json-pointer:${here}/type]`)
      return
    }
    if (leaf.type === 'text' && (typeof leaf.text !== 'string' || leaf.text.length === 0)) {
      problems.push(`must be more than 0 characters [json-pointer:${here}/text]`)
    }
    if (
      leaf.type === 'link' &&
      (typeof leaf.url !== 'string' || !/^(https?|mailto|tel):/.test(leaf.url) || leaf.url.length > 3000)
    ) {
      problems.push(`invalid url [json-pointer:${here}/url]`)
    }
    if (leaf.type === 'user' && !/^[UW][A-Z0-9]+$/.test(word(leaf.user_id)))
      problems.push(`invalid user [json-pointer:${here}]`)
  })
}

function checkElement(element: unknown, at: string, problems: string[]): void {
  if (!isObject(element)) return void problems.push(`must be an object [json-pointer:${at}]`)
  const id = element.action_id
  if (id !== undefined && (typeof id !== 'string' || id.length > 255)) {
    problems.push(`must be less than 256 characters [json-pointer:${at}/action_id]`)
  }
  if (element.type === 'button') {
    checkText(element.text, `${at}/text`, 75, problems, 'plain_text')
    if (typeof element.value === 'string' && element.value.length > 2000)
      problems.push(`must be less than 2001 characters [json-pointer:${at}/value]`)
    if (element.url !== undefined && (typeof element.url !== 'string' || element.url.length > 3000))
      problems.push(`must be less than 3001 characters [json-pointer:${at}/url]`)
    if (element.style !== undefined && !['primary', 'danger'].includes(word(element.style))) {
      problems.push(`must be a valid enum value [json-pointer:${at}/style]`)
    }
    return
  }
  if (element.type === 'static_select') {
    if (element.placeholder !== undefined)
      checkText(element.placeholder, `${at}/placeholder`, 150, problems, 'plain_text')
    const options = listOf(element.options, `${at}/options`, 1, 100, problems)
    options.forEach((option, index) => {
      const here = `${at}/options/${index}`
      if (!isObject(option)) return void problems.push(`must be an object [json-pointer:${here}]`)
      checkText(option.text, `${here}/text`, 75, problems)
      if (typeof option.value !== 'string' || option.value.length > 150)
        problems.push(`must be less than 151 characters [json-pointer:${here}/value]`)
    })
    return
  }
  if (!['overflow', 'datepicker', 'users_select', 'image'].includes(word(element.type))) {
    problems.push(`unsupported type: ${word(element.type)} [json-pointer:${at}/type]`)
  }
}

/** https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
function checkInput(element: Json, at: string, problems: string[]): void {
  if (element.type !== 'plain_text_input') return checkElement(element, at, problems)
  const { action_id, max_length, placeholder } = element
  if (typeof action_id !== 'string' || action_id.length > 255)
    problems.push(`must be less than 256 characters [json-pointer:${at}/action_id]`)
  if (max_length !== undefined && !(typeof max_length === 'number' && max_length >= 1 && max_length <= 3000))
    problems.push(`must be between 1 and 3000 [json-pointer:${at}/max_length]`)
  if (placeholder !== undefined) checkText(placeholder, `${at}/placeholder`, 150, problems, 'plain_text')
}

function checkImage(image: Json, at: string, problems: string[]): void {
  if (typeof image.alt_text !== 'string' || image.alt_text.length > 2000)
    problems.push(`missing required field: alt_text [json-pointer:${at}]`)
  if (image.image_url === undefined && image.slack_file === undefined)
    problems.push(`missing required field: image_url [json-pointer:${at}]`)
}

function checkText(text: unknown, at: string, max: number, problems: string[], only?: 'plain_text'): void {
  if (!isObject(text)) return void problems.push(`missing required field [json-pointer:${at}]`)
  if (text.type !== 'plain_text' && (only || text.type !== 'mrkdwn'))
    problems.push(`must be a valid enum value [json-pointer:${at}/type]`)
  if (typeof text.text !== 'string' || text.text.length === 0)
    problems.push(`must be more than 0 characters [json-pointer:${at}/text]`)
  else if (text.text.length > max) problems.push(`must be less than ${max + 1} characters [json-pointer:${at}/text]`)
}

function listOf(value: unknown, at: string, min: number, max: number, problems: string[]): unknown[] {
  if (!Array.isArray(value) || value.length < min) {
    problems.push(`no fewer than ${min} items allowed [json-pointer:${at}]`)
    return []
  }
  if (value.length > max) problems.push(`no more than ${max} items allowed [json-pointer:${at}]`)
  return value
}

/** All texts together, as Slack counts them: every `text` string of the tree. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + textLength(one), 0)
  if (!isObject(value)) return 0
  return Object.entries(value).reduce(
    (sum, [key, one]) => sum + (key === 'text' && typeof one === 'string' ? one.length : textLength(one)),
    0,
  )
}

export function checkView(view: unknown): string[] {
  if (!isObject(view)) return ['must be an object [json-pointer:/view]']
  const problems: string[] = []
  if (JSON.stringify(view).length > 250_000) problems.push('view_too_large')
  if (view.type === 'modal') {
    checkText(view.title, '/view/title', 24, problems, 'plain_text')
    if (view.submit !== undefined) checkText(view.submit, '/view/submit', 24, problems, 'plain_text')
    if (view.close !== undefined) checkText(view.close, '/view/close', 24, problems, 'plain_text')
    const blocks = Array.isArray(view.blocks) ? view.blocks : []
    if (view.submit === undefined && blocks.some((block) => isObject(block) && block.type === 'input')) {
      problems.push('missing required field: submit [json-pointer:/view]')
    }
  } else if (view.type !== 'home') problems.push('must be a valid enum value [json-pointer:/view/type]')
  if (typeof view.private_metadata === 'string' && view.private_metadata.length > 3000) {
    problems.push('must be less than 3001 characters [json-pointer:/view/private_metadata]')
  }
  if (typeof view.callback_id === 'string' && view.callback_id.length > 255) {
    problems.push('must be less than 256 characters [json-pointer:/view/callback_id]')
  }
  const blocks = checkBlocks(view.blocks, view.type === 'home' ? 'home' : 'modal')
  return blocks ? [...problems, ...blocks.messages] : problems
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : typeof value
}
