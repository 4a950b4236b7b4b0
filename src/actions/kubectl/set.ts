// The `set` verbs. One container is the typed action; several at once become one patch, so that a rollout happens once.
import type { Action } from '../../core/action.ts'
import { NotFoundError, UsageError } from '../../core/errors.ts'
import { type ObjectRef, refText } from '../../core/ref.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import { operandsOf, splitPair } from '../../kube/kubectl/grammar-operands.ts'
import { kindOf } from '../../objects/kinds.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Lookup } from '../action.ts'
import { isRecord, valueAt } from '../requests.ts'
import { containersOf, templatePath } from '../workloads.ts'
import { type LiveTarget, last, liveTargets, pairs, type Verb } from './targets.ts'

export const SETS: Record<string, Verb> = {
  'set image': { compile: setImage, flags: '' },
  'set env': { compile: setEnv, flags: 'containers env from keys overwrite prefix' },
  'set resources': { compile: setResources, flags: 'containers limits requests' },
  'set serviceaccount': { compile: setServiceAccount, flags: '' },
  'set selector': { compile: setSelector, flags: '' },
}

// ---- containers

interface Chosen {
  list: string
  name: string
  container: Record<string, unknown>
}

/** By name, or all of them with `*`: the init containers too, as in kubectl. */
function containersIn(live: KubeObject, name: string): Chosen[] {
  const all = containersOf(live).map(({ path, container }) => ({
    list: path.includes('initContainers') ? 'initContainers' : 'containers',
    name: String(container.name),
    container,
  }))
  return all.filter((one) => name === '*' || one.name === name)
}

/** The change of several containers as one patch of their pod template. */
function templatePatch(
  { target, live }: LiveTarget,
  chosen: readonly (Chosen & { fields: Record<string, unknown> })[],
): Action {
  if (!kindOf(live.kind, live.apiVersion))
    throw new UsageError(`${refText(target)} is a custom resource with several containers; name one of them at a time`)
  const spec: Record<string, unknown> = {}
  for (const list of ['initContainers', 'containers']) {
    const items = chosen.filter((one) => one.list === list).map(({ name, fields }) => ({ name, ...fields }))
    if (items.length > 0) spec[list] = items
  }
  const patch = [...templatePath(live.kind), 'spec'].reduceRight<unknown>((value, key) => ({ [key]: value }), spec)
  return { verb: 'patch', target, type: 'strategic', patch }
}

// ---- image

async function setImage(command: Command, lookup: Lookup): Promise<Action[]> {
  const images = operandsOf(command).pairs.map((pair) => splitPair(pair))
  if (images.length === 0 || images.some(({ value }) => !value))
    throw new UsageError('kubectl set image needs CONTAINER=IMAGE')
  if (images.some(({ key }) => key === '*') && images.length > 1)
    throw new UsageError('"*" already means all containers, so no other can be named beside it')
  const bad = images.find(({ key }) => key !== '*' && key.includes('*'))
  if (bad) throw new UsageError(`"${bad.key.slice(0, 60)}" is no container; allowed are a name, or * for all`)
  const targets = await liveTargets(command, lookup)
  return targets.map((one) => {
    const chosen = images.flatMap(({ key, value }) => {
      const found = containersIn(one.live, key)
      if (found.length === 0) throw new NotFoundError(`${refText(one.target)} has no container "${key.slice(0, 60)}"`)
      return found.map((container) => ({ ...container, fields: { image: value } }))
    })
    const [only, ...more] = chosen
    return only && more.length === 0
      ? { verb: 'set-image', target: one.target, container: only.name, image: String(only.fields.image) }
      : templatePatch(one, chosen)
  })
}

// ---- env

type EnvChange = Extract<Action, { verb: 'set-env' }>['env'][number]

async function setEnv(command: Command, lookup: Lookup): Promise<Action[]> {
  const literals = [...operandsOf(command).pairs, ...(command.flags.get('env') ?? [])].map((pair): EnvChange => {
    const { key, value } = splitPair(pair)
    return { name: key, value: value ?? null }
  })
  const referred = await references(command, lookup)
  const env = [...literals, ...referred]
  if (env.length === 0) throw new UsageError('kubectl set env needs NAME=VALUE, NAME- or --from')
  const keeps = last(command, 'overwrite') === 'false'
  const targets = await liveTargets(command, lookup)
  return targets.map((one) => {
    const chosen = chosenContainers(command, one)
    const taken =
      keeps && chosen.some(({ container }) => env.some(({ name, value }) => value !== null && has(container, name)))
    if (taken)
      throw new UsageError(`${refText(one.target)} has one of these variables already, and --overwrite is false`)
    const [only, ...more] = chosen
    if (only && more.length === 0) return { verb: 'set-env', target: one.target, container: only.name, env }
    const changed = chosen.flatMap((one) => {
      const entries = env.filter(({ name, value }) => value !== null || has(one.container, name))
      return entries.length > 0 ? [{ ...one, fields: envFields(one.container, entries) }] : []
    })
    if (changed.length === 0) throw new NotFoundError(`${refText(one.target)} has none of these variables`)
    return templatePatch(one, changed)
  })
}

function has(container: Record<string, unknown>, name: string): boolean {
  return Array.isArray(container.env) && container.env.some((item) => isRecord(item) && item.name === name)
}

/** New variables come last: earlier ones cannot refer to them. */
function envFields(container: Record<string, unknown>, changes: readonly EnvChange[]): Record<string, unknown> {
  const present = (Array.isArray(container.env) ? container.env : []).flatMap((item) =>
    isRecord(item) ? [String(item.name)] : [],
  )
  const gone = new Set(changes.filter(({ value }) => value === null).map(({ name }) => name))
  const names = new Set([...present, ...changes.map(({ name }) => name)].filter((name) => !gone.has(name)))
  return { env: changes.map(entryOf), '$setElementOrder/env': [...names].map((name) => ({ name })) }
}

/** A value takes the place of a reference, and the other way round. */
function entryOf({ name, value, from }: EnvChange): Record<string, unknown> {
  if (value === null) return { name, $patch: 'delete' }
  if (!from) return { name, value, valueFrom: null }
  const key = from.kind === 'Secret' ? 'secretKeyRef' : 'configMapKeyRef'
  return { name, value: null, valueFrom: { [key]: { name: from.name, key: from.key } } }
}

/** `--from` refers to each key by name; of a ConfigMap without --keys to all it holds now. Values are never copied. */
async function references(command: Command, lookup: Lookup): Promise<EnvChange[]> {
  const from = last(command, 'from')
  if (from === undefined) return []
  const match = /^(configmaps?|cm|secrets?)\/([a-z0-9.-]+)$/.exec(from)
  if (!match) throw new UsageError('kubectl set env --from takes configmap/NAME or secret/NAME')
  const kind = match[1]?.startsWith('secret') ? 'Secret' : 'ConfigMap'
  const name = match[2] ?? ''
  const keys = (command.flags.get('keys') ?? []).flatMap((text) => text.split(','))
  if (keys.length === 0 && kind === 'Secret')
    throw new UsageError('kubectl set env --from of a Secret needs --keys: Secrets are not read here')
  const all =
    keys.length > 0
      ? keys
      : await keysOf({ apiVersion: 'v1', kind, name, namespace: command.namespace ?? 'default' }, lookup)
  // kubectl upper-cases the key and puts the prefix before it
  const prefix = last(command, 'prefix') ?? ''
  return all.map((key) => ({
    name: `${prefix}${key.toUpperCase().replace(/[^A-Z0-9_]/g, '_')}`,
    from: { kind, name, key },
  }))
}

async function keysOf(ref: ObjectRef, lookup: Lookup): Promise<string[]> {
  const live = await lookup.find(ref)
  if (!live) throw new NotFoundError(`${refText(ref)} is not there`)
  return Object.keys({ ...live.data, ...live.binaryData }).sort()
}

// ---- resources

async function setResources(command: Command, lookup: Lookup): Promise<Action[]> {
  const requests = quantities(last(command, 'requests'))
  const limits = quantities(last(command, 'limits'))
  const parts = { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) }
  const targets = await liveTargets(command, lookup)
  return targets.map((one) => {
    const chosen = chosenContainers(command, one)
    const [only, ...more] = chosen
    if (only && more.length === 0) return { verb: 'set-resources', target: one.target, container: only.name, ...parts }
    if (Object.keys(parts).length === 0)
      throw new UsageError('nothing to set: give requests or limits such as memory=512Mi')
    return templatePatch(
      one,
      chosen.map((container) => ({ ...container, fields: { resources: parts } })),
    )
  })
}

function quantities(text: string | undefined): Record<string, string> | undefined {
  return text === undefined ? undefined : pairs(text.split(','))
}

/** `-c NAME`; without it all containers, as kubectl does. */
function chosenContainers(command: Command, { target, live }: LiveTarget): Chosen[] {
  const name = last(command, 'containers') ?? '*'
  if (name !== '*' && /[*?[]/.test(name)) throw new UsageError('name one container; patterns are not executed')
  const chosen = containersIn(live, name)
  if (chosen.length === 0) throw new NotFoundError(`${refText(target)} has no container "${name.slice(0, 60)}"`)
  return chosen
}

// ---- service account, selector

async function setServiceAccount(command: Command, lookup: Lookup): Promise<Action[]> {
  const [name = ''] = operandsOf(command).pairs
  const targets = await liveTargets(command, lookup)
  return targets.map(({ target, live }): Action => {
    if (containersOf(live).length === 0) throw new UsageError(`${refText(target)} runs no pods`)
    if (live.kind === 'Pod') throw new UsageError('the service account of a pod cannot be changed')
    const path = [...templatePath(live.kind), 'spec']
    // the deprecated twin of the field must not contradict it
    const twin = valueAt(live, [...path, 'serviceAccount']) === undefined ? {} : { serviceAccount: name }
    const patch = path.reduceRight<unknown>((value, key) => ({ [key]: value }), { serviceAccountName: name, ...twin })
    return { verb: 'patch', target, type: 'merge', patch }
  })
}

async function setSelector(command: Command, lookup: Lookup): Promise<Action[]> {
  const [text = ''] = operandsOf(command).pairs
  const selector = pairs(text.split(',').map((part) => part.trim()))
  const targets = await liveTargets(command, lookup)
  return targets.map(({ target, live }): Action => {
    if (live.kind !== 'Service') throw new UsageError('the selector of a Service alone can be set')
    const op = live.spec?.selector === undefined ? 'add' : 'replace'
    return { verb: 'patch', target, type: 'json', patch: [{ op, path: '/spec/selector', value: selector }] }
  })
}
