// Values that a flag takes from a fixed set, and selectors: with any other one kubectl and helm stop before they send anything.
import { parseSelector } from '../../objects/selector.ts'
import type { Command } from './grammar-command.ts'

const TEMPLATES = 'go-template go-template-file template templatefile jsonpath jsonpath-file jsonpath-as-json'
const PRINTED = `json yaml kyaml name ${TEMPLATES}`

// by verb with subverb; the default is what commands print that change something
const OUTPUTS: Record<string, string> = {
  get: `${PRINTED} wide custom-columns custom-columns-file`,
  version: 'json yaml',
  'api-resources': 'wide name json yaml kyaml',
  explain: 'plaintext plaintext-openapiv2',
  delete: 'name',
  'apply view-last-applied': 'json yaml kyaml',
  edit: PRINTED,
}

const FIXED: Record<string, string> = {
  cascade: 'background orphan foreground true false',
  subresource: 'status scale resize',
  restart: 'Always OnFailure Never',
  'override-type': 'json merge strategic',
  'image-pull-policy': 'Always IfNotPresent Never',
  protocol: 'TCP UDP SCTP tcp udp sctp',
}

/** The sentence for the first value that the flag does not take; undefined when all fit. */
export function badValue(command: Command): string | undefined {
  const path = command.subverb ? `${command.verb} ${command.subverb}` : command.verb
  const last = (flag: string): string | undefined => command.flags.get(flag)?.at(-1)
  const output = last('output')
  if (output !== undefined && output !== '') {
    const form = output.split('=')[0]?.toLowerCase() ?? ''
    const known =
      command.program === 'helm'
        ? 'table json yaml'
        : ((Object.hasOwn(OUTPUTS, path) ? OUTPUTS[path] : undefined) ?? PRINTED)
    if (!known.split(' ').includes(form))
      return `--output=${output.slice(0, 40)} is not known; known are ${known.split(' ').join(', ')}`
  }
  if (command.program === 'helm') return undefined
  for (const [flag, values] of Object.entries(FIXED)) {
    const value = last(flag)
    // auth can-i names any subresource; an omitted --cascade has a default
    if (
      value === undefined ||
      (flag === 'subresource' && path === 'auth can-i') ||
      (flag === 'cascade' && value === '')
    )
      continue
    if (!values.split(' ').includes(value))
      return `--${flag}=${value.slice(0, 40)} is not known; known are ${values.split(' ').join(', ')}`
  }
  const sort = path.startsWith('top ') ? last('sort-by') : undefined
  if (sort !== undefined && sort !== 'cpu' && sort !== 'memory')
    return `--sort-by=${sort.slice(0, 40)} is not known; known are cpu, memory`
  const wait = path === 'wait' ? last('for') : undefined
  if (wait !== undefined && !/^(?:delete|create|condition=.+|jsonpath=.+)$/i.test(wait)) {
    return `--for=${wait.slice(0, 40)} is not known; known are delete, create, condition=NAME, jsonpath=PATH`
  }
  return badSelector(last('selector'), last('field-selector'), path)
}

function badSelector(labels: string | undefined, fields: string | undefined, path: string): string | undefined {
  // `create pdb` and `expose` write their selector into the object
  if (labels !== undefined && !path.startsWith('create') && path !== 'expose') {
    try {
      parseSelector(labels)
    } catch (error) {
      return error instanceof RangeError ? error.message : 'the selector cannot be read'
    }
  }
  const broken = (fields ?? '')
    .split(',')
    .find((part) => part !== '' && !/^[A-Za-z][\w.]*(?:==|=|!=)[^=!]*$/.test(part))
  return broken === undefined ? undefined : `"${broken.slice(0, 60)}" is no field selector`
}
