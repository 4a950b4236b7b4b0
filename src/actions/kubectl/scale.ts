// `scale`, `autoscale` and the rollout verbs.
import type { Action } from '../../core/action.ts'
import { UsageError } from '../../core/errors.ts'
import type { ObjectRef } from '../../core/ref.ts'
import { parseGoInt } from '../../kube/kubectl/grammar-args.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { Lookup } from '../action.ts'
import { last, perTarget, targetsOf, type Verb } from './targets.ts'

export const SCALES: Record<string, Verb> = {
  scale: { compile: scale, flags: 'replicas current-replicas resource-version' },
  autoscale: { compile: autoscale, flags: 'min max cpu cpu-percent memory name' },
  'rollout restart': { compile: perTarget((target) => ({ verb: 'restart', target }), true), flags: '' },
  'rollout undo': { compile: rollback, flags: 'to-revision' },
  'rollout pause': { compile: perTarget((target) => ({ verb: 'pause', target }), true), flags: '' },
  'rollout resume': { compile: perTarget((target) => ({ verb: 'resume', target }), true), flags: '' },
}

async function scale(command: Command, lookup: Lookup): Promise<Action[]> {
  const replicas = parseGoInt(last(command, 'replicas') ?? '')
  if (replicas === undefined || replicas < 0) throw new UsageError('kubectl scale needs --replicas=N')
  // kubectl reads a negative one as none
  const expected = parseGoInt(last(command, 'current-replicas') ?? '-1') ?? -1
  const version = last(command, 'resource-version')
  const targets = await targetsOf(command, lookup)
  return Promise.all(
    targets.map(async (target): Promise<Action> => {
      const live = replicas === 0 || expected >= 0 || version ? await lookup.find(target) : undefined
      if (live && expected >= 0 && live.spec?.replicas !== expected) {
        throw new UsageError(
          `${target.kind} ${target.name} has ${live.spec?.replicas ?? 'unknown'} replicas and not ${expected}, so it is not scaled`,
        )
      }
      if (version && live?.metadata.resourceVersion !== version)
        throw new UsageError(`${target.kind} ${target.name} is not at the resource version ${version.slice(0, 20)}`)
      // with nothing ready it is a quarantine, which records the way back on the object
      const isQuarantine =
        replicas === 0 && live?.status && (live.status.readyReplicas ?? 0) === 0 && (live.spec?.replicas ?? 1) > 0
      return isQuarantine
        ? { verb: 'quarantine', target, reason: 'scaled to zero by a kubectl command' }
        : { verb: 'scale', target, replicas }
    }),
  )
}

async function rollback(command: Command, lookup: Lookup): Promise<Action[]> {
  const revision = parseGoInt(last(command, 'to-revision') ?? '0') ?? 0
  const targets = await targetsOf(command, lookup, true)
  return targets.map((target) => ({ verb: 'rollback', target, ...(revision > 0 ? { toRevision: revision } : {}) }))
}

async function autoscale(command: Command, lookup: Lookup): Promise<Action[]> {
  const max = parseGoInt(last(command, 'max') ?? '')
  const min = parseGoInt(last(command, 'min') ?? '1')
  if (max === undefined || min === undefined || min < 0)
    throw new UsageError('kubectl autoscale needs --max=N, and --min of at least 0')
  const name = last(command, 'name')
  const targets = await targetsOf(command, lookup)
  if (name !== undefined && targets.length > 1) throw new UsageError('--name names one autoscaler, for one workload')
  const goals = goalsOf(command)
  return targets.map((target) => {
    const [only] = goals
    // the plain form is the typed action, which also looks for an autoscaler that is there already
    if (goals.length === 1 && only?.name === 'cpu' && 'percent' in only && (name ?? target.name) === target.name)
      return { verb: 'create-hpa', target, min, max, cpuPercent: only.percent }
    return { verb: 'create', manifest: autoscaler(target, name ?? target.name, { min, max }, goals) }
  })
}

type Goal = { name: 'cpu' | 'memory' } & ({ percent: number } | { average: string })

/** As kubectl reads them: a percentage of the requests, or an average as a quantity; 80 % of the CPU when nothing is said. */
function goalsOf(command: Command): Goal[] {
  const percent = last(command, 'cpu-percent')
  if (percent !== undefined && command.flags.has('cpu'))
    throw new UsageError('--cpu and --cpu-percent are not taken together')
  const cpu = percent === undefined ? last(command, 'cpu') : `${percent}%`
  const memory = last(command, 'memory')
  return [
    ...(cpu !== undefined || memory === undefined ? [goalOf('cpu', cpu ?? '80%')] : []),
    ...(memory === undefined ? [] : [goalOf('memory', memory)]),
  ]
}

function goalOf(name: Goal['name'], text: string): Goal {
  const percent = text.endsWith('%') ? parseGoInt(text.slice(0, -1)) : undefined
  if (percent !== undefined && percent > 0) return { name, percent }
  const amount = text.endsWith('%') ? undefined : parseQuantity(text)
  if (amount !== undefined && amount > 0) return { name, average: text }
  throw new UsageError(`"${text.slice(0, 40)}" is no goal for ${name}; allowed are such as 70% or 500m`)
}

function autoscaler(
  target: ObjectRef,
  name: string,
  { min, max }: { min: number; max: number },
  goals: Goal[],
): Record<string, unknown> {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: target.namespace },
    spec: {
      scaleTargetRef: { apiVersion: target.apiVersion, kind: target.kind, name: target.name },
      minReplicas: min,
      maxReplicas: max,
      metrics: goals.map((goal) => ({
        type: 'Resource',
        resource: {
          name: goal.name,
          target:
            'percent' in goal
              ? { type: 'Utilization', averageUtilization: goal.percent }
              : { type: 'AverageValue', averageValue: goal.average },
        },
      })),
    },
  }
}
