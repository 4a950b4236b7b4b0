// Label selectors, as objects (spec.selector) and as text (kubectl -l). An empty selector matches everything, an absent one nothing.
export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}
type Labels = Record<string, string> | undefined

export interface Requirement {
  key: string
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'
  values: string[]
}

export function matchesRequirement(requirement: Requirement, labels: Labels): boolean {
  const value = labels && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value)
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(requirement.values[0])
    case 'Lt':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(requirement.values[0])
  }
}

/** LabelSelector of apps, batch, policy, networking. An unknown operator matches nothing. */
export function matchesSelector(selector: LabelSelector | undefined | null, labels: Labels): boolean {
  if (!selector) return false
  return requirementsOf(selector).every((requirement) => matchesRequirement(requirement, labels))
}

/** Service.spec.selector and nodeSelector: a plain map; an absent or empty map selects nothing. */
export function matchesMap(selector: Record<string, string> | undefined | null, labels: Labels): boolean {
  const entries = Object.entries(selector ?? {})
  return entries.length > 0 && entries.every(([key, value]) => labels?.[key] === value)
}

export function requirementsOf(selector: LabelSelector): Requirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
  )
  const sets = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): Requirement => ({
      key,
      operator: OPERATORS.has(operator) ? (operator as Requirement['operator']) : 'In',
      values: OPERATORS.has(operator) ? (values ?? []) : [],
    }),
  )
  return [...equal, ...sets]
}
const OPERATORS = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'])

const NAME = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/
const PREFIX = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

export function isLabelKey(text: string): boolean {
  const [first = '', second, ...rest] = text.split('/')
  if (rest.length > 0) return false
  return second === undefined ? NAME.test(first) : PREFIX.test(first) && NAME.test(second)
}
export function isLabelValue(text: string): boolean {
  return text === '' || NAME.test(text)
}

/** `app=web,tier!=db,env in (a,b),!legacy`. Throws a RangeError with a sentence when the text is no selector. */
export function parseSelector(text: string): Requirement[] {
  const requirements: Requirement[] = []
  for (const raw of splitTop(text)) {
    const part = raw.trim()
    if (part === '') continue
    requirements.push(parseRequirement(part))
  }
  return requirements
}

function parseRequirement(part: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part)
  if (set) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim())
    return checked({ key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values }, part)
  }
  if (part.startsWith('!')) return checked({ key: part.slice(1).trim(), operator: 'DoesNotExist', values: [] }, part)
  const equal = /^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*(\S*)$/.exec(part)
  if (equal) {
    const [, key = '', sign = '', value = ''] = equal
    const operator = sign === '!=' ? 'NotIn' : sign === '>' ? 'Gt' : sign === '<' ? 'Lt' : 'In'
    return checked({ key, operator, values: [value] }, part)
  }
  return checked({ key: part, operator: 'Exists', values: [] }, part)
}

function checked(requirement: Requirement, part: string): Requirement {
  if (!isLabelKey(requirement.key))
    throw new RangeError(`"${part}" is no label selector: "${requirement.key}" is no label key`)
  const bad = requirement.values.find((value) => !isLabelValue(value))
  if (bad !== undefined) throw new RangeError(`"${part}" is no label selector: "${bad}" is no label value`)
  return requirement
}

function splitTop(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

export function matchesAll(requirements: Requirement[], labels: Labels): boolean {
  return requirements.every((requirement) => matchesRequirement(requirement, labels))
}

/** The text form of a LabelSelector, as `kubectl describe` prints it. */
export function selectorText(selector: LabelSelector | undefined | null): string {
  if (!selector) return '<none>'
  const parts = requirementsOf(selector).map(({ key, operator, values }) => {
    if (operator === 'In' && values.length === 1) return `${key}=${values[0]}`
    if (operator === 'In') return `${key} in (${values.join(',')})`
    if (operator === 'NotIn') return `${key} notin (${values.join(',')})`
    return operator === 'Exists' ? key : `!${key}`
  })
  return parts.join(',') || '<none>'
}
