// kubectl change commands → the same Actions that buttons and models use. What does not compile is refused with the reason.
import type { Action } from '../core/action.ts'
import { NotFoundError, UsageError } from '../core/errors.ts'
import type { ObjectRef } from '../core/ref.ts'
import { parseGoInt } from '../kube/kubectl/grammar-args.ts'
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { mixesNamesAndSelector, operandsOf, splitPair } from '../kube/kubectl/grammar-operands.ts'
import { kindOfCrd, namesOfCrd, type ServedKind } from '../objects/custom-kinds.ts'
import { parseFieldSelector } from '../objects/field-selector.ts'
import { kindByName } from '../objects/kinds.ts'
import { type KubeObject, refOf } from '../objects/object.ts'
import { matchesAll, parseSelector } from '../objects/selector.ts'
import type { Lookup } from './action.ts'
import { createActions } from './from-kubectl-create.ts'
import { isRecord } from './requests.ts'

type Compile = (command: Command, lookup: Lookup) => Promise<Action[]>

/** Flags that change nothing about what is sent, whatever the verb. */
const HARMLESS = new Set(
  'namespace output show-managed-fields allow-missing-template-keys template wait timeout ignore-not-found request-timeout v field-manager validate interactive dry-run record selector field-selector all all-namespaces chunk-size list'.split(
    ' ',
  ),
)

/** Flags that are refused, and that say nothing when they are switched off. */
const OFF_BY_DEFAULT = new Set('force now local save-config disable-eviction windows-line-endings'.split(' '))

interface Verb {
  compile: Compile
  /** flags that the compilation understands; any other is refused rather than dropped */
  flags: string
}

const VERBS: Record<string, Verb> = {
  scale: { compile: scale, flags: 'replicas current-replicas' },
  'set image': { compile: setImage, flags: '' },
  'set env': { compile: setEnv, flags: 'containers env from keys overwrite prefix' },
  'set resources': { compile: setResources, flags: 'containers limits requests' },
  'rollout restart': { compile: perTarget((target) => ({ verb: 'restart', target }), true), flags: '' },
  'rollout undo': { compile: rollback, flags: 'to-revision' },
  'rollout pause': { compile: perTarget((target) => ({ verb: 'pause', target }), true), flags: '' },
  'rollout resume': { compile: perTarget((target) => ({ verb: 'resume', target }), true), flags: '' },
  delete: { compile: perTarget(deletion), flags: 'cascade' },
  cordon: { compile: perNode((node) => ({ verb: 'cordon', node })), flags: '' },
  uncordon: { compile: perNode((node) => ({ verb: 'uncordon', node })), flags: '' },
  drain: { compile: perNode((node) => ({ verb: 'drain', node })), flags: 'ignore-daemonsets delete-emptydir-data' },
  taint: { compile: taint, flags: 'overwrite' },
  label: { compile: (command, lookup) => marks('label', command, lookup), flags: 'overwrite' },
  annotate: { compile: (command, lookup) => marks('annotate', command, lookup), flags: 'overwrite' },
  patch: { compile: patch, flags: 'patch type subresource' },
  autoscale: { compile: autoscale, flags: 'min max cpu cpu-percent name' },
}

/**
 * The Actions of one change command, in order; selectors become named objects. Throws a UsageError or NotFoundError with the
 * reason when the command compiles to no exact requests (exec, cp, helm, unknown verbs, flags that would be dropped).
 */
export async function actionsOf(command: Command, lookup: Lookup): Promise<Action[]> {
  if (command.program === 'helm')
    throw new UsageError('helm changes are judged and explained, not executed: the rendered objects are not known')
  const path = command.subverb ? `${command.verb} ${command.subverb}` : command.verb
  const verb = Object.hasOwn(VERBS, path) ? VERBS[path] : undefined
  const made = verb ? undefined : createActions(path)
  const chosen = verb ?? made
  if (!chosen) throw new UsageError(`kubectl ${path} compiles to no exact request, so it is not executed`)
  if (command.allNamespaces) throw new UsageError('a change over all namespaces is not executed')
  const known = new Set([...HARMLESS, ...chosen.flags.split(' ')])
  const strange = [...command.flags.keys()].find(
    (name) => !known.has(name) && !(OFF_BY_DEFAULT.has(name) && last(command, name) === 'false'),
  )
  if (strange) throw new UsageError(`kubectl ${path} --${strange} compiles to no exact request, so it is not executed`)
  const actions = await chosen.compile(command, lookup)
  if (actions.length === 0) throw new UsageError(`kubectl ${path} names nothing to change`)
  if (actions.length > 50)
    throw new UsageError(`the command means ${actions.length} objects, more than the 50 of one plan`)
  return actions
}

/** Whether the command would compile if its objects were there; used where no state can be read. */
export function compiles(command: Command): boolean {
  const path = command.subverb ? `${command.verb} ${command.subverb}` : command.verb
  return command.program === 'kubectl' && (Object.hasOwn(VERBS, path) || createActions(path) !== undefined)
}

// ---- targets

async function targetsOf(command: Command, lookup: Lookup, every = false): Promise<ObjectRef[]> {
  const { resources, bad } = operandsOf(command)
  const misfit = bad ?? mixesNamesAndSelector(command)
  if (misfit) throw new UsageError(misfit)
  const refs: ObjectRef[] = []
  for (const { type, name } of resources) {
    const { kind, apiVersion, namespaced } = await typeOf(type, lookup)
    const namespace = namespaced ? { namespace: command.namespace ?? 'default' } : {}
    if (name !== undefined) {
      refs.push({ apiVersion, kind, ...namespace, name })
      continue
    }
    const selector = last(command, 'selector')
    const fields = last(command, 'field-selector')
    if (selector === undefined && fields === undefined && !every && last(command, 'all') !== 'true') {
      throw new UsageError(`which ${type}? Give a name, a selector or --all`)
    }
    const objects = await lookup.list(kind, namespaced ? (command.namespace ?? 'default') : undefined)
    refs.push(...objects.filter(matching(selector, fields)).map(refOf))
  }
  if (refs.length === 0) throw new NotFoundError('the command matches no object')
  return refs
}

async function typeOf(type: string, lookup: Lookup): Promise<ServedKind> {
  const known = kindByName(type)
  if (known) return known
  const crd = (await lookup.list('CustomResourceDefinition')).find((item) =>
    namesOfCrd(item).includes(type.toLowerCase()),
  )
  if (!crd) throw new UsageError(`"${type.slice(0, 60)}" is no type that this cluster is known to serve`)
  return kindOfCrd(crd)
}

function matching(selector: string | undefined, fields: string | undefined): (object: KubeObject) => boolean {
  try {
    const requirements = parseSelector(selector ?? '')
    const inFields = parseFieldSelector(fields ?? '')
    return (object) => matchesAll(requirements, object.metadata.labels) && inFields(object)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the selector cannot be read')
  }
}

function fieldAt(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined), object)
}

function last(command: Command, flag: string): string | undefined {
  return command.flags.get(flag)?.at(-1)
}

function perTarget(action: (target: ObjectRef, command: Command) => Action, every = false): Compile {
  return async (command, lookup) => (await targetsOf(command, lookup, every)).map((target) => action(target, command))
}

function perNode(action: (node: string) => Action): Compile {
  return async (command, lookup) => {
    const selector = last(command, 'selector')
    const names =
      selector === undefined
        ? operandsOf(command).resources.map(({ name }) => name ?? '')
        : (await lookup.list('Node')).filter(matching(selector, undefined)).map(({ metadata }) => metadata.name)
    return names.map(action)
  }
}

// ---- verbs

async function scale(command: Command, lookup: Lookup): Promise<Action[]> {
  const replicas = parseGoInt(last(command, 'replicas') ?? '')
  if (replicas === undefined || replicas < 0) throw new UsageError('kubectl scale needs --replicas=N')
  // kubectl reads a negative one as none
  const expected = parseGoInt(last(command, 'current-replicas') ?? '-1') ?? -1
  const targets = await targetsOf(command, lookup)
  return Promise.all(
    targets.map(async (target): Promise<Action> => {
      const live = replicas === 0 || expected >= 0 ? await lookup.find(target) : undefined
      if (live && expected >= 0 && live.spec?.replicas !== expected) {
        throw new UsageError(
          `${target.kind} ${target.name} has ${live.spec?.replicas ?? 'unknown'} replicas and not ${expected}, so it is not scaled`,
        )
      }
      // with nothing ready it is a quarantine, which records the way back on the object
      const isQuarantine =
        replicas === 0 && live?.status && (live.status.readyReplicas ?? 0) === 0 && (live.spec?.replicas ?? 1) > 0
      return isQuarantine
        ? { verb: 'quarantine', target, reason: 'scaled to zero by a kubectl command' }
        : { verb: 'scale', target, replicas }
    }),
  )
}

function deletion(target: ObjectRef, command: Command): Action {
  const cascade = last(command, 'cascade')
  if (cascade !== undefined && cascade !== '' && cascade !== 'background' && cascade !== 'true') {
    throw new UsageError(
      `kubectl delete --cascade=${cascade.slice(0, 20)} compiles to no exact request, so it is not executed`,
    )
  }
  if (target.kind === 'Pod') return { verb: 'delete-pod', target }
  if (target.kind === 'HorizontalPodAutoscaler') return { verb: 'delete-hpa', target }
  if (target.kind === 'Namespace') return { verb: 'delete-namespace', name: target.name }
  return { verb: 'delete', target }
}

async function rollback(command: Command, lookup: Lookup): Promise<Action[]> {
  const revision = parseGoInt(last(command, 'to-revision') ?? '0') ?? 0
  const targets = await targetsOf(command, lookup, true)
  return targets.map((target) => ({ verb: 'rollback', target, ...(revision > 0 ? { toRevision: revision } : {}) }))
}

async function setImage(command: Command, lookup: Lookup): Promise<Action[]> {
  const { pairs } = operandsOf(command)
  const images = pairs.map((pair) => splitPair(pair))
  if (images.length !== 1) throw new UsageError('kubectl set image is executed for one CONTAINER=IMAGE at a time')
  const [{ key: container, value: image } = { key: '', value: undefined }] = images
  if (!image || container.includes('*'))
    throw new UsageError('kubectl set image needs CONTAINER=IMAGE, with the container by name')
  return (await targetsOf(command, lookup)).map((target) => ({ verb: 'set-image', target, container, image }))
}

async function setEnv(command: Command, lookup: Lookup): Promise<Action[]> {
  const container = containerFlag(command)
  const { pairs } = operandsOf(command)
  const literals = [...pairs, ...(command.flags.get('env') ?? [])].map((pair) => {
    const { key, value } = splitPair(pair)
    return { name: key, value: value ?? null }
  })
  const env = [...literals, ...references(command)]
  if (env.length === 0) throw new UsageError('kubectl set env needs NAME=VALUE, NAME- or --from with --keys')
  return (await targetsOf(command, lookup)).map((target) => ({ verb: 'set-env', target, ...container, env }))
}

function references(
  command: Command,
): { name: string; from: { kind: 'ConfigMap' | 'Secret'; name: string; key: string } }[] {
  const from = last(command, 'from')
  if (from === undefined) return []
  const match = /^(configmaps?|cm|secrets?)\/([a-z0-9.-]+)$/.exec(from)
  const keys = (command.flags.get('keys') ?? []).flatMap((text) => text.split(','))
  if (!match || keys.length === 0)
    throw new UsageError('kubectl set env --from is executed only with --keys, so that the card can show each variable')
  const kind = match[1]?.startsWith('secret') ? 'Secret' : 'ConfigMap'
  // kubectl upper-cases the key and puts the prefix before it
  const prefix = last(command, 'prefix') ?? ''
  return keys.map((key) => ({
    name: `${prefix}${key.toUpperCase().replace(/[^A-Z0-9_]/g, '_')}`,
    from: { kind, name: match[2] ?? '', key },
  }))
}

function containerFlag(command: Command): { container?: string } {
  const name = last(command, 'containers')
  if (name === undefined || name === '*') return {}
  if (/[*?[]/.test(name)) throw new UsageError('name one container; patterns are not executed')
  return { container: name }
}

async function setResources(command: Command, lookup: Lookup): Promise<Action[]> {
  const requests = quantities(last(command, 'requests'))
  const limits = quantities(last(command, 'limits'))
  return (await targetsOf(command, lookup)).map((target) => ({
    verb: 'set-resources',
    target,
    ...containerFlag(command),
    ...(requests ? { requests } : {}),
    ...(limits ? { limits } : {}),
  }))
}

function quantities(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const { key, value } = splitPair(pair)
      if (!value) throw new UsageError(`"${pair.slice(0, 60)}" is no resource; allowed is such as memory=512Mi`)
      return [key, value]
    }),
  )
}

async function marks(verb: 'label' | 'annotate', command: Command, lookup: Lookup): Promise<Action[]> {
  const { pairs } = operandsOf(command)
  const set = Object.fromEntries(
    pairs.map((pair): [string, string | null] => {
      const { key, value } = splitPair(pair)
      if (value === undefined && !pair.endsWith('-'))
        throw new UsageError(`"${pair.slice(0, 60)}" is neither KEY=VALUE nor KEY-`)
      return [key, value ?? null]
    }),
  )
  const targets = await targetsOf(command, lookup)
  if (last(command, 'overwrite') !== 'true') {
    for (const target of targets) {
      const live = await lookup.find(target)
      const now = (verb === 'label' ? live?.metadata.labels : live?.metadata.annotations) ?? {}
      const taken = Object.keys(set).find(
        (key) => set[key] !== null && Object.hasOwn(now, key) && now[key] !== set[key],
      )
      if (taken)
        throw new UsageError(
          `${target.kind} ${target.name} already has the ${verb === 'label' ? 'label' : 'annotation'} ${taken}; say --overwrite to replace it`,
        )
    }
  }
  return targets.map((target) => ({ verb, target, set }))
}

async function patch(command: Command, lookup: Lookup): Promise<Action[]> {
  const type = last(command, 'type') ?? 'strategic'
  if (type !== 'json' && type !== 'merge' && type !== 'strategic')
    throw new UsageError(`"${type.slice(0, 20)}" is no patch type; allowed are json, merge, strategic`)
  const body = parsed(last(command, 'patch'))
  const subresource = last(command, 'subresource')
  const targets = await targetsOf(command, lookup)
  return targets.map((target): Action => {
    const size = target.kind === 'PersistentVolumeClaim' && type !== 'json' ? sizeIn(body) : undefined
    if (size !== undefined) return { verb: 'grow-pvc', target, size }
    return { verb: 'patch', target, type, patch: body, ...(subresource ? { subresource } : {}) }
  })
}

/** The size, when that is all a claim's patch says. */
function sizeIn(body: unknown): string | undefined {
  const size = fieldAt(body, 'spec.resources.requests.storage')
  const alone = JSON.stringify({ spec: { resources: { requests: { storage: size } } } })
  return typeof size === 'string' && JSON.stringify(body) === alone ? size : undefined
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    throw new UsageError('kubectl patch needs -p with valid JSON')
  }
}

async function taint(command: Command, lookup: Lookup): Promise<Action[]> {
  const { pairs } = operandsOf(command)
  const nodes = (await targetsOf(command, lookup)).map(({ kind, name }) => {
    if (kind !== 'Node') throw new UsageError('only nodes carry taints')
    return name
  })
  return nodes.flatMap((node) =>
    pairs.map((pair): Action => {
      const match = /^([^=:]+)(?:=([^:]*))?(?::(NoSchedule|PreferNoSchedule|NoExecute))?(-)?$/.exec(pair)
      if (!match)
        throw new UsageError(`"${pair.slice(0, 60)}" is no taint; allowed is such as dedicated=gpu:NoSchedule`)
      const [, key = '', value, effect, minus] = match
      const isRemoval = minus !== undefined || key.endsWith('-')
      return {
        verb: 'taint',
        node,
        key: key.replace(/-$/, ''),
        ...(value ? { value } : {}),
        ...(effect ? { effect: effect as 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' } : {}),
        remove: isRemoval,
      }
    }),
  )
}

async function autoscale(command: Command, lookup: Lookup): Promise<Action[]> {
  const max = parseGoInt(last(command, 'max') ?? '')
  const min = parseGoInt(last(command, 'min') ?? '1')
  const cpu = last(command, 'cpu')
  const percent = parseGoInt((cpu ?? last(command, 'cpu-percent') ?? '80%').replace(/%$/, ''))
  if (max === undefined || min === undefined || min < 0)
    throw new UsageError('kubectl autoscale needs --max=N, and --min of at least 0')
  if (percent === undefined || percent < 1)
    throw new UsageError('the CPU goal is executed as a percentage only, such as --cpu=70%')
  const name = last(command, 'name')
  const targets = await targetsOf(command, lookup)
  if (name !== undefined && targets.some((target) => target.name !== name))
    throw new UsageError('an autoscaler is named as its workload')
  return targets.map((target) => ({ verb: 'create-hpa', target, min, max, cpuPercent: percent }))
}
