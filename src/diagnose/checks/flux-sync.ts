// Flux resources that are not ready: sources that cannot be fetched, kustomizations that do not apply, releases that fail.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { condition } from '../look/pods.ts'
import { duration, evidence, oneLine } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const KINDS = [
  'GitRepository',
  'OCIRepository',
  'HelmRepository',
  'HelmChart',
  'Bucket',
  'Kustomization',
  'HelmRelease',
]
const PATIENCE_MS = 10 * 60_000

export const fluxSync: Check = {
  name: 'flux-sync',
  title: 'A Flux resource does not reconcile',
  why: 'Changes in Git no longer reach the cluster.',
  fix: 'Mend what the condition names: credentials, path, a chart value, an object the API server refuses.',
  reads: [...KINDS, 'Event'],
  run(snapshot) {
    return KINDS.flatMap((kind) => snapshot.list(kind))
      .filter(
        (object) =>
          object.apiVersion.includes('.toolkit.fluxcd.io/') &&
          !object.metadata.deletionTimestamp &&
          object.spec?.suspend !== true,
      )
      .flatMap((object): Draft[] => {
        const ready = condition(object, 'Ready')
        const stalled = condition(object, 'Stalled')
        const bad = stalled?.status === 'True' ? stalled : ready?.status === 'False' ? ready : undefined
        const age = snapshot.ageMs(bad?.lastTransitionTime) ?? PATIENCE_MS
        // progress is reported as Ready=False or Unknown for a while
        if (
          !bad ||
          (bad !== stalled &&
            (age < PATIENCE_MS || (/Progressing|DependencyNotReady$/.test(bad.reason ?? '') && age < 3 * PATIENCE_MS)))
        )
          return []
        const [event] = eventsAbout(snapshot, object, { type: 'Warning' })
        // Stalled only says that Flux gave up; why is in Ready
        const told = bad === stalled && ready?.status === 'False' ? ready : bad
        return [
          {
            severity: 'warning',
            object: refOf(object),
            depth: bad.reason === 'DependencyNotReady' ? 'symptom' : 'cause',
            summary: `Flux ${object.kind} ${nameOf(object)} has not been ready for ${duration(age)} (${bad.reason ?? ''})`,
            cause: oneLine(told.message ?? told.reason, 400),
            evidence: [
              evidence('status', object, `${bad.type}=${bad.status} (${bad.reason ?? ''}): ${bad.message ?? ''}`),
              ...(told === bad
                ? []
                : [
                    evidence(
                      'status',
                      object,
                      `${told.type}=${told.status} (${told.reason ?? ''}): ${told.message ?? ''}`,
                    ),
                  ]),
              ...(event ? [evidence('event', object, eventText(event))] : []),
            ],
            remedy: `Correct what the message names, then let Flux reconcile ${object.kind} ${object.metadata.name} again.`,
            ...(bad.lastTransitionTime ? { since: bad.lastTransitionTime } : {}),
            dueTo: neededBy(object),
          },
        ]
      })
  },
}

function neededBy(object: KubeObject): ObjectRef[] {
  const namespace = object.metadata.namespace ?? ''
  const source = object.spec?.sourceRef ?? object.spec?.chart?.spec?.sourceRef ?? object.spec?.chartRef
  const refs: ObjectRef[] = source?.name
    ? [{ kind: String(source.kind), namespace: source.namespace ?? namespace, name: String(source.name) }]
    : []
  for (const entry of Array.isArray(object.spec?.dependsOn) ? object.spec.dependsOn : []) {
    refs.push({ kind: object.kind, namespace: entry.namespace ?? namespace, name: String(entry.name) })
  }
  return refs
}
