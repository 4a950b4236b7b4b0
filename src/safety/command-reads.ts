// The commands that only look: which they are, and which of them would print Secret values or a credential.
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { operandsOf } from '../kube/kubectl/grammar-operands.ts'
import type { Effect, World } from './effects.ts'
import { typesByName } from './types.ts'

const KUBECTL_READS = new Set([
  'get',
  'describe',
  'logs',
  'explain',
  'events',
  'diff',
  'wait',
  'version',
  'api-resources',
  'api-versions',
  'cluster-info',
  'top pod',
  'top node',
  'rollout status',
  'rollout history',
  'auth can-i',
  'auth whoami',
  'apply view-last-applied',
])
const HELM_READS = new Set([
  'list',
  'status',
  'history',
  'get all',
  'get hooks',
  'get manifest',
  'get metadata',
  'get notes',
  'get values',
  'show all',
  'show chart',
  'show crds',
  'show readme',
  'show values',
  'template',
  'lint',
  'version',
])

export function isReadVerb(program: string, path: string): boolean {
  return (program === 'kubectl' ? KUBECTL_READS : HELM_READS).has(path)
}

/** The effect of a read. `path` is the verb with its subverb. */
export function effectOfRead(command: Command, path: string, world: World | undefined): Effect {
  const { flags } = command
  if (command.program === 'helm') return effectOfHelmRead(command, path)
  if (path === 'get' && flags.has('raw')) {
    if (command.args.length > 0) return unlisted('takes a raw path and objects together')
    return effectOfRawGet(flags.get('raw')?.at(-1) ?? '')
  }
  const shape = misshapen(command, path)
  if (shape) return unlisted(shape)
  if (path === 'cluster-info' && command.args.length > 0) return unlisted(`takes no "${command.args[0]?.slice(0, 40)}"`)
  return printsSecrets(command, path, world) ?? { does: 'read' }
}

/** Words that do not fit the verb: kubectl would stop with an error. */
function misshapen(command: Command, path: string): string | undefined {
  const { resources, bad } = operandsOf(command)
  if (bad) return bad
  const files = command.flags.has('filename') || command.flags.has('kustomize')
  const needsObject = [
    'get',
    'describe',
    'rollout status',
    'rollout history',
    'apply view-last-applied',
    'wait',
  ].includes(path)
  if (needsObject && resources.length === 0 && !files) return 'names no object'
  if (path === 'wait' && !command.flags.has('for')) return 'waits for nothing: --for is missing'
  if (path === 'logs' && command.args.length === 0 && !command.flags.has('selector')) return 'names no pod'
  if (path === 'explain' && command.args.length !== 1) return 'names no type'
  if (path === 'diff' && !files) return 'names no file'
  if (path === 'auth can-i' && command.args.length === 0 && command.flags.get('list')?.at(-1) !== 'true')
    return 'names no verb'
  if (
    path === 'auth whoami' ||
    path === 'version' ||
    path === 'api-versions' ||
    path === 'api-resources' ||
    path === 'events'
  ) {
    return command.args.length > 0 ? 'has words too many' : undefined
  }
  return undefined
}

// ---- Secrets

/** Does the command mean Secrets, or may it, because the type or the file is not known? */
function meansSecrets(command: Command, world: World | undefined): boolean {
  return operandsOf(command).resources.some(({ type }) => {
    if (type === '' || type.includes('*')) return true
    const types = typesByName(type, world)
    return (
      types.some(({ kind, apiVersion }) => kind === 'Secret' && apiVersion === 'v1') || /^secrets?(\.|$)/i.test(type)
    )
  })
}

interface Output {
  /** lower case: `json`, `jsonpath`, `go-template`, `name` … */
  form: string
  template: string
}

function outputOf(command: Command): Output | undefined {
  const text = command.flags.get('output')?.at(-1)
  const template = command.flags.get('template')?.at(-1)
  if (text === undefined) return template === undefined ? undefined : { form: 'go-template', template }
  const equal = text.indexOf('=')
  const form = (equal < 0 ? text : text.slice(0, equal)).toLowerCase()
  return { form, template: equal < 0 ? (template ?? '') : text.slice(equal + 1) }
}

/** A denied effect when the command prints Secret values or another credential, whatever else it does. */
export function printsSecrets(command: Command, path: string, world: World | undefined): Effect | undefined {
  const { flags } = command
  const denied = (words: string): Effect => ({ does: 'denied', words })
  if (path === 'create token') return denied('prints a credential')
  if (path === 'config view' && flags.get('raw')?.at(-1) === 'true') return denied('prints credentials')
  if (path === 'diff' && flags.get('show-secrets')?.at(-1) === 'true') return denied('prints Secret values')
  if (path === 'set env' && flags.get('list')?.at(-1) === 'true' && flags.get('resolve')?.at(-1) === 'true') {
    return denied('prints the Secret values behind variables')
  }
  const output = outputOf(command)
  if (output?.form.endsWith('file')) return denied('reads a file of the machine it runs on')
  const printed = output !== undefined && !isHarmless(output)
  const fromFile = flags.has('filename') || flags.has('kustomize')
  if (printed && fromFile) return denied('prints the content of a file, which may be a Secret')
  const literalFile = ['from-file', 'from-env-file', 'cert', 'key'].some((name) => flags.has(name))
  if (printed && literalFile) return denied('prints a file of the machine it runs on')
  const secrets = path.startsWith('create secret') || meansSecrets(command, world)
  if (!secrets) return undefined
  if (path === 'apply view-last-applied') return denied('prints Secret values')
  if (
    path === 'wait' &&
    /^jsonpath=/i.test(flags.get('for')?.at(-1) ?? '') &&
    !isMetadataOnly(flags.get('for')?.at(-1) ?? '')
  ) {
    return denied('compares Secret values')
  }
  if (flags.has('sort-by') && !isMetadataOnly(flags.get('sort-by')?.at(-1) ?? ''))
    return denied('sorts by Secret values')
  const verbosity = Number(flags.get('v')?.at(-1) ?? 0)
  if (!(verbosity < 8)) return denied('logs response bodies, which hold Secret values')
  return printed ? denied('prints Secret values') : undefined
}

/** Formats that cannot reach data, whatever the object is. */
function isHarmless({ form, template }: Output): boolean {
  if (form === '' || form === 'name' || form === 'wide') return true
  if (form === 'custom-columns') {
    const columns = template.split(',')
    return columns.every((column) => isMetadataOnly(column.slice(column.indexOf(':') + 1)))
  }
  if (form === 'jsonpath' || form === 'jsonpath-as-json') return isMetadataOnly(template)
  if (form === 'go-template' || form === 'template') return isPlainGoTemplate(template)
  return false
}

const PLAIN_FIELD = String.raw`(?:\.metadata\.(?:name|namespace|creationTimestamp|uid|resourceVersion|generation)|\.type|\.kind|\.apiVersion)`
const PLAIN_PATH = new RegExp(String.raw`^(?:\.items\[\*?\d*\])?${PLAIN_FIELD}$`)
const ESCAPES = /"(?:\\[nt]|[ ,:;|/_-]){0,8}"/g

/** A jsonpath that can only reach names, types and times. Braces, range and quoted separators may stand around. */
function isMetadataOnly(text: string): boolean {
  const path = text.replace(/^jsonpath=/i, '')
  const bare = path.startsWith('{') ? path : `{${path.startsWith('.') ? '' : '.'}${path.split('=')[0] ?? ''}}`
  const parts = bare.replaceAll(ESCAPES, '').split(/[{}]/)
  return parts.every((part, index) => {
    const inner = part.trim()
    // even parts stand outside the braces: literal text
    if (index % 2 === 0 || inner === '' || inner === 'end') return true
    if (/^range (?:\$)?\.items\[\*\]$/.test(inner)) return true
    return PLAIN_PATH.test(inner)
  })
}

function isPlainGoTemplate(text: string): boolean {
  const actions = [...text.matchAll(/\{\{([^{}]*)\}\}/g)].map((match) => (match[1] ?? '').replace(/^-|-$/g, '').trim())
  if (actions.length === 0) return false
  return actions.every(
    (action) => action === 'end' || action === 'range .items' || PLAIN_TEXT.test(action) || PLAIN_ACTION.test(action),
  )
}

const PLAIN_TEXT = /^"(?:\\[nt]|[ ,])*"$/
const PLAIN_ACTION = new RegExp(`^${PLAIN_FIELD}$`)

// ---- raw paths

const PLAIN_ROOT = /^\/(?:api|apis|healthz|livez|readyz|version|openapi|metrics|\.well-known)(?:\/|$)/

function effectOfRawGet(raw: string): Effect {
  const [path = '', query = ''] = raw.split('?', 2)
  // %73ecrets and pods/../secrets reach the same place: only paths with one spelling are taken
  if (/[%\\;]|\/\/|\/\.{1,2}(?:\/|$)/.test(path) || !/^\/[\x21-\x7e]*$/.test(path)) {
    return { does: 'denied', words: 'reads a path that is not spelled plainly' }
  }
  const segments = path.toLowerCase().split('/')
  if (segments.includes('secrets')) return { does: 'denied', words: 'prints Secret values' }
  if (segments.some((segment) => ['proxy', 'portforward', 'exec', 'attach'].includes(segment))) {
    return { does: 'denied', words: 'reaches into a pod, service or node' }
  }
  if (/[^\x21-\x7e]/.test(query)) return { does: 'denied', words: 'reads a path that is not spelled plainly' }
  return path === '/' || PLAIN_ROOT.test(path) ? { does: 'read' } : unlisted('reads a path that is no API')
}

// ---- helm

function effectOfHelmRead(command: Command, path: string): Effect {
  const { flags, args } = command
  if (flags.has('set-file')) return { does: 'denied', words: 'renders a file of the machine it runs on' }
  if (path === 'template' && flags.has('values'))
    return { does: 'denied', words: 'renders a file of the machine it runs on' }
  const needs = path === 'list' || path === 'version' ? 0 : 1
  if (args.length < needs) return unlisted('names no release or chart')
  return { does: 'read' }
}

function unlisted(words: string): Effect {
  return { does: 'named', tier: 9, words }
}
