// `create …` of plain objects → the manifests that kubectl itself would send, for the forms whose every field is on the line.
import { UsageError } from '../../core/errors.ts'
import { parseGoInt } from '../../kube/kubectl/grammar-args.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import { parseSelector } from '../../objects/selector.ts'
import { type Compile, isTrue, last, pairs, type Verb } from './targets.ts'

export type Manifest = Record<string, unknown>

export const CREATES: Record<string, Verb> = {
  'create configmap': { compile: made(configMap), flags: 'from-literal' },
  'create namespace': { compile: made((command) => object(command, 'v1', 'Namespace', {})), flags: '' },
  'create serviceaccount': { compile: made((command) => object(command, 'v1', 'ServiceAccount', {})), flags: '' },
  'create quota': { compile: made(quota), flags: 'hard scopes' },
  'create poddisruptionbudget': { compile: made(budget), flags: 'selector min-available max-unavailable' },
  'create priorityclass': { compile: made(priorityClass), flags: 'value description global-default preemption-policy' },
}

export function made(manifest: (command: Command) => Manifest): Compile {
  return (command) => [{ verb: 'create', manifest: manifest(command) }]
}

/** A manifest by the name on the line. `scoped: false` for kinds that live in no namespace. */
export function object(
  command: Command,
  apiVersion: string,
  kind: string,
  rest: Manifest,
  { labels, annotations }: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): Manifest {
  const name = command.args[0]
  if (name === undefined) throw new UsageError(`a name for the ${kind} is missing`)
  const place = CLUSTER_SCOPED.has(kind) ? {} : { namespace: command.namespace ?? 'default' }
  const marks = { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }
  return { apiVersion, kind, metadata: { name, ...place, ...marks }, ...rest }
}
const CLUSTER_SCOPED = new Set(['Namespace', 'PriorityClass', 'ClusterRole', 'ClusterRoleBinding'])

function configMap(command: Command): Manifest {
  return object(command, 'v1', 'ConfigMap', { data: pairs(command.flags.get('from-literal') ?? []) })
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(',').filter(Boolean)
}

function quota(command: Command): Manifest {
  const scopes = list(last(command, 'scopes'))
  const spec = { hard: pairs(list(last(command, 'hard'))), ...(scopes.length > 0 ? { scopes } : {}) }
  return object(command, 'v1', 'ResourceQuota', { spec })
}

function budget(command: Command): Manifest {
  const count = (text: string | undefined) => (text === undefined ? undefined : (parseGoInt(text) ?? text))
  const minAvailable = count(last(command, 'min-available'))
  const maxUnavailable = count(last(command, 'max-unavailable'))
  const spec = {
    selector: labelSelector(last(command, 'selector') ?? ''),
    ...(minAvailable === undefined ? {} : { minAvailable }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  }
  return object(command, 'policy/v1', 'PodDisruptionBudget', { spec })
}

/** `a=b,c in (d,e)` as an object (metav1.ParseToLabelSelector). */
export function labelSelector(text: string): Manifest {
  let requirements: ReturnType<typeof parseSelector>
  try {
    requirements = parseSelector(text)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the selector cannot be read')
  }
  const isPlain = ({ operator, values }: (typeof requirements)[number]) => operator === 'In' && values.length === 1
  const matchLabels = Object.fromEntries(requirements.filter(isPlain).map(({ key, values }) => [key, values[0]]))
  const matchExpressions = requirements
    .filter((one) => !isPlain(one))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, operator, values }) => ({ key, operator, ...(values.length > 0 ? { values } : {}) }))
  return {
    ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
  }
}

function priorityClass(command: Command): Manifest {
  const value = parseGoInt(last(command, 'value') ?? '0')
  if (value === undefined) throw new UsageError('kubectl create priorityclass needs --value=N')
  const description = last(command, 'description')
  return object(command, 'scheduling.k8s.io/v1', 'PriorityClass', {
    value,
    ...(isTrue(command, 'global-default') ? { globalDefault: true } : {}),
    preemptionPolicy: last(command, 'preemption-policy') ?? 'PreemptLowerPriority',
    ...(description === undefined ? {} : { description }),
  })
}
