// `kubectl apply -f -` with the manifest pasted behind it, in a code block or as a here-document → one action for each object.
import type { Action } from '../core/action.ts'
import { UsageError } from '../core/errors.ts'
import { parseCommand } from '../kube/kubectl/grammar.ts'
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { parseObjects } from '../objects/files.ts'
import { kindOf } from '../objects/kinds.ts'
import type { KubeObject } from '../objects/object.ts'

const MAX_CHARACTERS = 65_536
const MAX_OBJECTS = 20
/** Flags that say nothing beyond what is done anyway. */
const HARMLESS = new Set(['filename', 'namespace', 'server-side', 'field-manager', 'validate', 'output', 'save-config'])

/** Undefined when the text is no `apply -f -` or `create -f -` with something behind its first line. */
export function pastedManifest(text: string): { command: Command; manifest: string } | undefined {
  const end = text.indexOf('\n')
  if (end < 0) return undefined
  const marker = /<<-?\s*(['"]?)(\w+)\1\s*$/.exec(text.slice(0, end))
  const line = text.slice(0, marker ? marker.index : end).replace(/`{3}(?:ya?ml|json)?\s*$/, '')
  const command = parseCommand(line.trim())
  if (!command.ok || command.program !== 'kubectl' || command.subverb !== '') return undefined
  if (command.verb !== 'apply' && command.verb !== 'create') return undefined
  if (command.args.length > 0 || command.flags.get('filename')?.join() !== '-') return undefined
  return { command, manifest: bodyOf(text.slice(end + 1), marker?.[2]) }
}

function bodyOf(text: string, terminator: string | undefined): string {
  const lines = text.split('\n').filter((line) => !/^\s*`{3}(?:ya?ml|json)?\s*$/.test(line))
  const last = lines.findIndex((line) => line.trim() === terminator)
  return (last < 0 ? lines : lines.slice(0, last)).join('\n').replace(/`{3}\s*$/, '')
}

/**
 * `otherwise` is where an object goes when neither it nor the command names a namespace. Throws a UsageError with one sentence when
 * a flag, the size or an object is not taken.
 */
export function actionsOfManifest(
  { command, manifest }: { command: Command; manifest: string },
  otherwise = 'default',
): Action[] {
  const strange = [...command.flags.keys()].find((name) => !HARMLESS.has(name))
  if (strange) throw new UsageError(`kubectl ${command.verb} --${strange} compiles to no exact request`)
  // a manifest that was cut on its way is another manifest
  if (manifest.length >= MAX_CHARACTERS - 1000)
    throw new UsageError('the manifest is larger than 64 KiB, which is not taken from a message')
  const { objects, logs } = parseObjects(manifest, 'the manifest')
  if (objects.length === 0 || logs.length > 0) throw new UsageError('the manifest holds no object')
  if (objects.length > MAX_OBJECTS)
    throw new UsageError(`the manifest holds ${objects.length} objects, more than the ${MAX_OBJECTS} of one message`)
  const verb = command.verb === 'apply' ? 'apply' : 'create'
  return objects.map((object) => ({ verb, manifest: placed(object, command.namespace, otherwise) }))
}

/** As kubectl places it: what names no namespace goes to that of the command, and another one is a mistake. */
function placed(object: KubeObject, namespace: string | undefined, otherwise: string): Record<string, unknown> {
  const own = object.metadata?.namespace
  const isScoped = kindOf(object.kind, object.apiVersion)?.namespaced !== false
  if (own !== undefined && namespace !== undefined && isScoped && own !== namespace)
    throw new UsageError(`the manifest names the namespace ${own} and the command ${namespace}`)
  const place = isScoped && own === undefined ? { namespace: namespace ?? otherwise } : {}
  return { ...object, metadata: { ...object.metadata, ...place } }
}
