// What the arguments of a verb name: resources by type and name, and the `key=value` words behind them.
import { kindByName } from '../../objects/kinds.ts'
import { isLabelKey, isLabelValue } from '../../objects/selector.ts'
import type { Command } from './grammar-command.ts'
import { isDnsLabel, isDnsSubdomain, isPathSegment, isResourceType } from './grammar-names.ts'

export interface Operand {
  /** as written (`po`, `deployments.apps`), or what the verb implies (`pods` for logs, `nodes` for cordon) */
  type: string
  /** absent: the whole type, narrowed by selectors */
  name?: string
}

export interface Operands {
  resources: Operand[]
  /** `a=b`, `a-` of label, annotate, taint, set env, set image; the expression of set selector; the account of set serviceaccount */
  pairs: string[]
  /** set when the words do not fit the verb: nothing could run */
  bad?: string
}

type Shape = 'resources' | 'pairs' | 'named' | 'pod' | 'node' | 'free' | 'none'

// how the arguments of a verb are read; `named` is one or more names of a fixed type
const SHAPES: Record<string, Shape> = {
  get: 'resources',
  describe: 'resources',
  delete: 'resources',
  edit: 'resources',
  scale: 'resources',
  autoscale: 'resources',
  expose: 'resources',
  patch: 'resources',
  replace: 'resources',
  wait: 'resources',
  label: 'pairs',
  annotate: 'pairs',
  taint: 'pairs',
  'set image': 'pairs',
  'set env': 'pairs',
  'set selector': 'pairs',
  'set subject': 'resources',
  'set serviceaccount': 'pairs',
  'set resources': 'resources',
  'rollout restart': 'resources',
  'rollout undo': 'resources',
  'rollout pause': 'resources',
  'rollout resume': 'resources',
  'rollout status': 'resources',
  'rollout history': 'resources',
  'apply view-last-applied': 'resources',
  'apply edit-last-applied': 'resources',
  logs: 'pod',
  exec: 'pod',
  attach: 'pod',
  'port-forward': 'pod',
  debug: 'pod',
  'top pod': 'pod',
  cordon: 'node',
  uncordon: 'node',
  drain: 'node',
  'top node': 'node',
}

export function operandsOf(command: Command): Operands {
  const path = command.subverb ? `${command.verb} ${command.subverb}` : command.verb
  const shape: Shape =
    (command.program === 'kubectl' && Object.hasOwn(SHAPES, path) ? SHAPES[path] : undefined) ?? 'free'
  const none: Operands = { resources: [], pairs: [] }
  if (shape === 'free' || shape === 'none' || shape === 'named') return none
  if (shape === 'node') return { resources: command.args.map((arg) => typed(arg, 'nodes')), pairs: [] }
  if (shape === 'pod') {
    // only the first word names something; the others are a container, a port pair, or what runs inside
    const count = path === 'debug' ? command.args.length : 1
    const words = command.args.slice(0, count)
    // `logs TYPE NAME` is not taken by kubectl: the second word is a container
    return { resources: words.map((arg) => typed(arg, 'pods')), pairs: [] }
  }
  const split = shape === 'pairs' ? splitPairs(command.args, path) : { words: command.args, pairs: [] }
  return { ...readResources(split.words), pairs: split.pairs }
}

function splitPairs(args: readonly string[], path: string): { words: string[]; pairs: string[] } {
  // the last word is the expression, or the account
  if (path === 'set selector' || path === 'set serviceaccount')
    return { words: args.slice(0, -1), pairs: args.slice(-1) }
  const first = args.findIndex((arg) => arg.includes('=') || (arg.endsWith('-') && arg !== '-') || isTaint(arg, path))
  return first < 0 ? { words: [...args], pairs: [] } : { words: args.slice(0, first), pairs: args.slice(first) }
}

function isTaint(arg: string, path: string): boolean {
  return path === 'taint' && arg.includes(':')
}

function typed(arg: string, implied: string): Operand {
  const slash = arg.indexOf('/')
  return slash < 0 ? { type: implied, name: arg } : { type: arg.slice(0, slash), name: arg.slice(slash + 1) }
}

/** `TYPE[,TYPE] [NAME…]` or `TYPE/NAME …`, never mixed (cli-runtime's resource builder). */
function readResources(words: readonly string[]): Operands {
  const [first, ...names] = words
  if (first === undefined) return { resources: [], pairs: [] }
  const combined = words.filter((word) => word.includes('/'))
  if (combined.length > 0) {
    const resources = words.map((word) => typed(word, ''))
    if (combined.length < words.length) {
      return { resources, pairs: [], bad: 'TYPE/NAME and TYPE NAME are not taken together' }
    }
    return { resources, pairs: [] }
  }
  const types = first.split(',')
  if (types.some((type) => type === '')) return { resources: [], pairs: [], bad: `"${first}" is no list of types` }
  const resources = types.flatMap((type): Operand[] =>
    names.length === 0 ? [{ type }] : names.map((name) => ({ type, name })),
  )
  return { resources, pairs: [] }
}

const LOOSE_KINDS = new Set([
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'CertificateSigningRequest',
  'PriorityLevelConfiguration',
  'FlowSchema',
])

function isName(operand: Operand): boolean {
  const kind = kindByName(operand.type)
  const name = operand.name ?? ''
  if (kind?.kind === 'Namespace') return isDnsLabel(name)
  return kind && LOOSE_KINDS.has(kind.kind) ? isPathSegment(name) : isDnsSubdomain(name)
}

const ASCII = /^[\x20-\x7e]*$/
const HELM_RELEASE = new Set([
  'upgrade',
  'install',
  'rollback',
  'uninstall',
  'status',
  'history',
  'test',
  'get all',
  'get hooks',
  'get manifest',
  'get metadata',
  'get notes',
  'get values',
])

/** Why kubectl itself would stop: names and a selector (or --all) exclude each other. `expose --selector` is a value, not a choice. */
export function mixesNamesAndSelector(command: Command): string | undefined {
  const chooses = ['selector', 'field-selector'].find((flag) => command.flags.has(flag))
  const all = command.flags.get('all')?.at(-1) === 'true' ? 'all' : undefined
  const flag = chooses ?? all
  if (flag === undefined || command.verb === 'expose' || command.verb === 'create') return undefined
  if (chooses !== undefined && all !== undefined) return `--${chooses} and --all are not taken together`
  return operandsOf(command).resources.some(({ name }) => name !== undefined)
    ? `names and --${flag} are not taken together`
    : undefined
}

/** The sentence for the first operand that is no possible name; undefined when all are. */
export function badOperand(command: Command): string | undefined {
  const path = command.subverb ? `${command.verb} ${command.subverb}` : command.verb
  const dash = command.args.find((arg) => arg.startsWith('-') && arg !== '-')
  if (dash !== undefined) return notA(dash, 'argument: it looks like a flag')
  const { resources, pairs } = operandsOf(command)
  for (const operand of resources) {
    if (operand.type !== '' && !isResourceType(operand.type)) return notA(operand.type, 'resource type')
    if (operand.name !== undefined && !isName(operand)) return notA(operand.name, 'object name')
  }
  if (command.program === 'kubectl' && path === 'label') {
    for (const pair of pairs) {
      const { key, value } = splitPair(pair)
      if (!isLabelKey(key)) return notA(key, 'label key')
      if (value !== undefined && !isLabelValue(value)) return notA(value, 'label value')
    }
  } else if (path === 'annotate') {
    const bad = pairs.map((pair) => splitPair(pair).key).find((key) => !isLabelKey(key))
    if (bad !== undefined) return notA(bad, 'annotation key')
  } else if (path === 'set env') {
    const bad = pairs.map((pair) => splitPair(pair).key).find((key) => !/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key))
    if (bad !== undefined) return notA(bad, 'variable name')
  } else {
    const bad = [...command.args, ...pairs].find((arg) => !ASCII.test(arg))
    if (bad !== undefined) return notA(bad, 'argument in ASCII')
  }
  const container = command.flags.get('container')?.at(-1)
  if (container !== undefined && !isDnsLabel(container)) return notA(container, 'container name')
  if (command.program === 'kubectl' && (command.verb === 'create' || command.verb === 'run')) {
    const name = command.args[0]
    const loose = /role/.test(command.subverb)
    if (name !== undefined && !(loose ? isPathSegment(name) : isDnsSubdomain(name))) return notA(name, 'object name')
    if (name !== undefined && command.subverb === 'namespace' && !isDnsLabel(name)) return notA(name, 'namespace')
  }
  if (command.program === 'helm' && HELM_RELEASE.has(path)) {
    const release = command.args[0]
    const chartOnly = path === 'install' && command.args.length === 1
    if (release !== undefined && !chartOnly && !(isDnsSubdomain(release) && release.length <= 53)) {
      return notA(release, 'release name')
    }
  }
  return undefined
}

/** `a=b` sets, `a-` removes; the value of a removal is undefined. */
export function splitPair(pair: string): { key: string; value: string | undefined } {
  const equal = pair.indexOf('=')
  if (equal >= 0) return { key: pair.slice(0, equal), value: pair.slice(equal + 1) }
  return { key: pair.endsWith('-') ? pair.slice(0, -1) : pair, value: undefined }
}

function notA(text: string, what: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}" is no ${what}`
}
