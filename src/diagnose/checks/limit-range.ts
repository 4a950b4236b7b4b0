// LimitRanges that refuse the pods of a workload, or contradict themselves.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { templatesIn } from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { desiredReplicas, nameOf, readyReplicas, templateOf } from '../look/workloads.ts'

interface Limit {
  type?: string
  min?: Record<string, string>
  max?: Record<string, string>
  default?: Record<string, string>
  defaultRequest?: Record<string, string>
}

export const limitRange: Check = {
  name: 'limit-range',
  title: 'A LimitRange refuses the pods of a workload',
  why: 'A container that asks for more than the maximum (or less than the minimum) is refused at creation, and the default limit can be lower than a request.',
  fix: 'Bring the requests and limits of the container within the LimitRange, or change the LimitRange.',
  reads: ['LimitRange', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Event', 'Pod'],
  run(snapshot) {
    return snapshot.list('LimitRange').flatMap((range) =>
      templatesIn(snapshot, range.metadata.namespace ?? '')
        // pods that already run were let in: a limit that came later hurts only the next ones
        .filter(
          (workload) =>
            workload.kind !== 'Pod' &&
            desiredReplicas(workload) > 0 &&
            readyReplicas(workload) < desiredReplicas(workload),
        )
        .flatMap((workload) => draftOf(snapshot, range, workload) ?? []),
    )
  },
}

function draftOf(snapshot: Snapshot, range: KubeObject, workload: KubeObject): Draft | undefined {
  const refused = [workload, ...snapshot.ownedBy(workload)].flatMap((object) =>
    eventsAbout(snapshot, object, {
      reason: 'FailedCreate',
      message: /usage per|limit to request ratio|must be less than or equal to/,
    }).map((event) => ({ object, event })),
  )
  const misses = violations(range, workload)
  const [first] = refused
  if (misses.length === 0 || !first) return undefined
  return {
    severity: readyReplicas(workload) === 0 ? 'critical' : 'warning',
    object: refOf(range),
    depth: 'cause',
    summary: `LimitRange ${nameOf(range)} refuses the pods of ${workload.kind} ${workload.metadata.name}: ${some(misses)}`,
    cause: `the container asks for what the LimitRange forbids: ${some(misses)}`,
    evidence: [evidence('event', first.object, eventText(first.event)), evidence('spec', range, some(misses))],
    remedy: `Bring requests and limits of ${nameOf(workload)} within LimitRange ${range.metadata.name}, or change the LimitRange.`,
    explains: [refOf(workload)],
  }
}

function violations(range: KubeObject, workload: KubeObject): string[] {
  const limits: Limit[] = Array.isArray(range.spec?.limits) ? range.spec.limits : []
  const containers: {
    name?: string
    resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
  }[] = templateOf(workload)?.spec?.containers ?? []
  return limits
    .filter((limit) => limit.type === 'Container')
    .flatMap((limit) =>
      containers.flatMap((container) => {
        const told: string[] = []
        for (const [resource, max] of Object.entries(limit.max ?? {})) {
          const asked =
            container.resources?.limits?.[resource] ??
            container.resources?.requests?.[resource] ??
            limit.default?.[resource]
          if (above(asked, max)) told.push(`${container.name} has ${resource} ${asked}, the maximum is ${max}`)
        }
        for (const [resource, min] of Object.entries(limit.min ?? {})) {
          const asked =
            container.resources?.requests?.[resource] ??
            container.resources?.limits?.[resource] ??
            limit.defaultRequest?.[resource]
          if (above(min, asked)) told.push(`${container.name} requests ${resource} ${asked}, the minimum is ${min}`)
        }
        for (const [resource, given] of Object.entries(limit.default ?? {})) {
          const asked = container.resources?.requests?.[resource]
          if (container.resources?.limits?.[resource] === undefined && above(asked, given))
            told.push(`${container.name} requests ${resource} ${asked}, above the default limit ${given} it gets`)
        }
        return told
      }),
    )
}

function above(a: string | undefined, b: string | undefined): boolean {
  const x = parseQuantity(a)
  const y = parseQuantity(b)
  return x !== undefined && y !== undefined && x > y
}
