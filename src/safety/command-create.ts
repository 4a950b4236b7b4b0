// The commands that make something new: create, run, expose, autoscale.
import { parseGoInt } from '../kube/kubectl/grammar-args.ts'
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { kindOf } from '../objects/kinds.ts'
import { changesOf, isObject } from './changes.ts'
import {
  change,
  each,
  isTrue,
  last,
  named,
  PATCH_NAMES,
  parseJson,
  rawOr,
  readsFiles,
  unlisted,
} from './command-effects.ts'
import { type Effect, type Target, targetText, type World } from './effects.ts'
import { isScalable } from './kinds.ts'
import { gainIn } from './pod-spec.ts'
import { namedTarget, namespaceOf } from './targets.ts'

/** resource of `create X` → kind */
const CREATED: Record<string, [kind: string, apiVersion: string]> = {
  configmap: ['ConfigMap', 'v1'],
  cronjob: ['CronJob', 'batch/v1'],
  deployment: ['Deployment', 'apps/v1'],
  ingress: ['Ingress', 'networking.k8s.io/v1'],
  job: ['Job', 'batch/v1'],
  namespace: ['Namespace', 'v1'],
  poddisruptionbudget: ['PodDisruptionBudget', 'policy/v1'],
  priorityclass: ['PriorityClass', 'scheduling.k8s.io/v1'],
  quota: ['ResourceQuota', 'v1'],
  role: ['Role', 'rbac.authorization.k8s.io/v1'],
  rolebinding: ['RoleBinding', 'rbac.authorization.k8s.io/v1'],
  clusterrole: ['ClusterRole', 'rbac.authorization.k8s.io/v1'],
  clusterrolebinding: ['ClusterRoleBinding', 'rbac.authorization.k8s.io/v1'],
  serviceaccount: ['ServiceAccount', 'v1'],
  secret: ['Secret', 'v1'],
  service: ['Service', 'v1'],
}

export function create(command: Command, world: World | undefined): Effect[] {
  const [resource = '', variant] = command.subverb.split(' ')
  const entry = Object.hasOwn(CREATED, resource) ? CREATED[resource] : undefined
  const name = command.args[0]
  const type = entry && kindOf(entry[0], entry[1])
  if (!type || name === undefined) return named(command, 9, `creates a ${resource || 'thing'} without a name`)
  const target = namedTarget(type, namespaceOf(command), name, world)
  const effect: Effect = { does: 'create', target }
  if (resource === 'job' && command.flags.has('from')) {
    if (command.flags.has('image')) return [effect, unlisted('takes --from or --image, not both', target)]
    return /^cronjobs?(\.batch|\.v1\.batch)?\/[a-z0-9.-]+$|^cj\/[a-z0-9.-]+$/.test(last(command, 'from') ?? '')
      ? [{ does: 'named', tier: 5, words: `creates the Job ${name} from its CronJob`, target }]
      : [unlisted('creates a Job from something that is no CronJob', target)]
  }
  const missing = missingFlag(resource, variant, command)
  if (missing) return [effect, unlisted(missing)]
  const fromFile = ['from-file', 'from-env-file'].some((flag) => command.flags.has(flag))
  return fromFile ? [effect, unlisted('stores a file of the machine it runs on', target)] : [effect]
}

/** Each entry is a set of flags of which one must be there. */
const NEEDED: Record<string, string[][]> = {
  deployment: [['image']],
  cronjob: [['image'], ['schedule']],
  job: [['image', 'from']],
  poddisruptionbudget: [['selector'], ['min-available', 'max-unavailable']],
  ingress: [['rule', 'default-backend']],
}

/** What kubectl insists on; without it nothing would be created. */
function missingFlag(resource: string, variant: string | undefined, command: Command): string | undefined {
  const needs = Object.hasOwn(NEEDED, resource) ? (NEEDED[resource] ?? []) : []
  const missing = needs.find((either) => !either.some((flag) => command.flags.has(flag)))
  if (missing) return `needs --${missing.join(' or --')}`
  if (resource === 'service' && variant === undefined) return 'needs a kind of service'
  if (command.args.length > 1 && !['deployment', 'cronjob', 'job'].includes(resource)) return 'has words too many'
  return undefined
}

export function createFrom(command: Command, world: World | undefined): Effect[] {
  if (isTrue(command, 'edit')) return [{ does: 'denied', words: 'edits in an editor, which nobody can judge' }]
  return rawOr('POST', 'creates objects from content that is not known')(command, world)
}

export function run(command: Command, world: World | undefined): Effect[] {
  const name = command.args[0]
  const pod = kindOf('Pod', 'v1')
  if (!pod || name === undefined || !command.flags.has('image')) return named(command, 9, 'runs nothing that is known')
  const target = namedTarget(pod, namespaceOf(command), name, world)
  const effects: Effect[] = [{ does: 'create', target }, ...overrides(command, target)]
  const file = readsFiles(command)
  if (file) effects.push(file)
  if (isTrue(command, 'privileged')) effects.push(unlisted('runs privileged', target))
  if (['stdin', 'tty', 'attach', 'rm'].some((flag) => isTrue(command, flag)))
    effects.push(unlisted('attaches to the pod it runs', target))
  if (isTrue(command, 'force')) effects.push(unlisted('uses force', target))
  return effects
}

/** `--overrides` is a patch of the object that is about to be created. */
function overrides(command: Command, target: Target): Effect[] {
  const text = last(command, 'overrides')
  if (text === undefined) return []
  const type = PATCH_NAMES[last(command, 'override-type') ?? 'merge']
  const body = parseJson(text)
  const changes = type && body !== undefined ? changesOf(type, body, undefined) : undefined
  if (!changes) return [unlisted('overrides with something that cannot be read', target)]
  const spec = isObject(body) ? body.spec : undefined
  const gain = target.kind === 'Pod' ? gainIn(spec) : undefined
  if (gain) return [unlisted(`creates ${targetText(target)}, which ${gain}`, target)]
  // a namespace in the body, a danger by JSON patch: the changes know
  const named: Target = { kind: target.kind, group: target.group, namespaced: true, namespace: namespaceOf(command) }
  const judged = target.kind === 'Pod' ? changes : changes.filter(({ path }) => path[0] === 'metadata')
  return judged.length > 0 ? [change(named, judged)] : []
}

const EXPOSED = new Set(['Pod', 'Service', 'ReplicationController', 'Deployment', 'ReplicaSet', 'StatefulSet'])

export function expose(command: Command, world: World | undefined): Effect[] {
  const service = kindOf('Service', 'v1')
  return each(command, world, (target) => {
    if (!service || !EXPOSED.has(target.kind))
      return unlisted(`exposes ${targetText(target)}, which has no pods`, target)
    const made = namedTarget(service, namespaceOf(command), last(command, 'name') ?? target.name ?? '', world)
    return [{ does: 'create', target: made }, ...overrides(command, made)]
  })
}

export function autoscale(command: Command, world: World | undefined): Effect[] {
  const hpa = kindOf('HorizontalPodAutoscaler')
  const max = parseGoInt(last(command, 'max') ?? '')
  const min = parseGoInt(last(command, 'min') ?? '1') ?? -1
  return each(command, world, (target) => {
    if (!hpa || !isScalable(target.kind, target.group)) return unlisted(`autoscales ${targetText(target)}`, target)
    if (max === undefined || max < 1 || max < min || min < -1)
      return unlisted('needs --max, at least --min and 1', target)
    return {
      does: 'create',
      target: namedTarget(hpa, namespaceOf(command), last(command, 'name') ?? target.name ?? '', world),
    }
  })
}
