// "why is checkout failing": checks over a snapshot of the scope, then what they say about the things that were named.
import type { AnswerInput, Offer } from '../../../core/answer.ts'
import type { Diagnosis, Finding } from '../../../core/finding.ts'
import { type ObjectRef, refKey, refText } from '../../../core/ref.ts'
import { CHECKS } from '../../../diagnose/checks/index.ts'
import { diagnose } from '../../../diagnose/index.ts'
import { containersOf, isFinished, isReady } from '../../../diagnose/look/pods.ts'
import { desiredReplicas, readyReplicas, topWorkloads } from '../../../diagnose/look/workloads.ts'
import { kindsToRead } from '../../../diagnose/reads.ts'
import { readSnapshot } from '../../../kube/snapshot.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { matchesMap } from '../../../objects/selector.ts'
import type { Snapshot } from '../../../objects/snapshot.ts'
import type { AgentContext } from '../../contract.ts'
import type { Place } from '../place.ts'
import { closerOffers } from './closer.ts'
import { about, plural, type Reply, whereText } from './reply.ts'

export const diagnoseReply: Reply<'diagnose'> = async ({ place, context }) => {
  const named = place.objects.length > 0
  context.progress(`Checking ${named ? place.objects.slice(0, 2).map(refText).join(', ') : whereText(place)}`)
  const snapshot = await readPlace(place, context)
  const diagnosis = diagnose(snapshot, place.namespace ? { namespace: place.namespace } : {})
  return diagnosisAnswer(place, snapshot, diagnosis)
}

function readPlace(place: Place, context: AgentContext): Promise<Snapshot> {
  return readSnapshot(place.cluster.reader, {
    ...(place.namespace ? { namespaces: [place.namespace] } : {}),
    kinds: kindsToRead(CHECKS),
    logs: 'some',
    signal: context.signal,
    now: context.now(),
  })
}

/** Pure: the answer to "what is wrong with these". */
export function diagnosisAnswer(place: Place, snapshot: Snapshot, diagnosis: Diagnosis): AnswerInput {
  const partial = [...new Set([...place.partial, ...diagnosis.partial])]
  const base = { ...about(place), partial, findings: diagnosis.findings }
  const troubles = diagnosis.findings.filter((finding) => finding.severity !== 'info')
  const [object] = place.objects
  if (!object)
    return troubles.length > 0 ? troubled(base, troubles) : healthy(base, healthyText(place, snapshot, partial))
  const related = relatedTo(place.objects, snapshot, troubles)
  if (related.length > 0)
    return troubled({ ...base, findings: [...related, ...infosOf(diagnosis, related)] }, related, place.objects)
  const state = place.objects.flatMap((ref) => stateOf(ref, snapshot)).join(' ')
  const elsewhere = troubles.filter((finding) => finding.root)
  const other =
    elsewhere.length > 0
      ? ` Elsewhere in ${whereText(place)}: ${elsewhere
          .slice(0, 3)
          .map(({ summary, cause }) => (elsewhere.length > 2 ? summary : `${summary}: ${cause.replace(/\.$/, '')}`))
          .join('; ')}.`
      : ''
  return {
    ...healthy(base, `I find nothing wrong with ${refText(object)}. ${state}${other}`.trim()),
    findings: elsewhere.length > 0 ? [] : base.findings,
  }
}

type Base = Pick<AnswerInput, 'cluster' | 'namespace' | 'partial' | 'about' | 'findings'>

/** `asked`: the objects that the question was about. */
function troubled(base: Base, troubles: Finding[], asked: ObjectRef[] = []): AnswerInput {
  const roots = troubles.filter((finding) => finding.root)
  const shown = roots.length > 0 ? roots : troubles
  const text = shown
    .map((finding) => `${ended(finding.summary)} ${ended(finding.cause)} Next: ${finding.remedy}`)
    .join('\n')
  // of several causes, that of what was asked about is the one that the buttons are for
  const own = asked.length === 1 ? causeOf(asked[0], shown) : undefined
  const first = own ?? shown[0]
  const meant = shown.length === 1 ? first : own
  return {
    ...base,
    tone: shown.some((finding) => finding.severity === 'critical') ? 'bad' : 'warn',
    ...(shown.length > 1
      ? { title: `${plural(shown.length, 'root cause')} in ${base.namespace ?? base.cluster}` }
      : {}),
    text,
    evidence: shown.flatMap((finding) => finding.evidence),
    ...(first ? { about: first.object } : {}),
    offers: meant
      ? [...offersFor(meant, base), ...closerOffers(shown, base.cluster, meant)]
      : [...closerOffers(shown, base.cluster), again(base.cluster, base.namespace)],
  }
}

/** The object's own trouble, else what explains it. */
function causeOf(object: ObjectRef | undefined, causes: Finding[]): Finding | undefined {
  const is = (ref: ObjectRef) => object !== undefined && refKey(ref) === refKey(object)
  return causes.find((finding) => is(finding.object)) ?? causes.find(({ explains }) => explains.some(is))
}

function again(cluster = '', namespace?: string): Offer {
  return { label: 'Diagnose again', intent: { kind: 'diagnose', cluster, ...(namespace ? { namespace } : {}) } }
}

function ended(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}

function offersFor(finding: Finding, base: Base): Offer[] {
  const cluster = base.cluster ?? ''
  const { object } = finding
  const logged = ['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicaSet'].includes(object.kind)
  return [
    ...(finding.action
      ? [
          {
            label: `Propose ${finding.action.verb.replace(/-/g, ' ')}`,
            intent: { kind: 'propose' as const, cluster, action: finding.action, reason: finding.cause },
          },
        ]
      : []),
    ...(logged
      ? [
          {
            label: 'Logs',
            intent: { kind: 'logs' as const, cluster, object, previous: finding.check.includes('crash') },
          },
        ]
      : []),
    again(cluster, object.namespace),
  ]
}

function healthy(base: Base, text: string): AnswerInput {
  const gaps = (base.partial ?? []).length > 0
  return { ...base, tone: gaps ? 'info' : 'ok', text, blocks: [{ kind: 'text', text }] }
}

function healthyText(place: Place, snapshot: Snapshot, partial: string[]): string {
  if (!snapshot.wasRead('Pod'))
    return `I cannot tell whether ${whereText(place)} is healthy: its pods could not be read.`
  const pods = snapshot.list('Pod').filter((pod) => !isFinished(pod) && inPlace(pod, place))
  const workloads = topWorkloads(snapshot).filter((workload) => inPlace(workload, place))
  const ready = pods.filter(isReady).length
  const seen = `${ready} of ${plural(pods.length, 'pod')} ready, ${plural(workloads.length, 'workload')}`
  if (partial.length > 0) return `I find nothing wrong in ${whereText(place)} as far as I could look: ${seen}.`
  return `Nothing is wrong in ${whereText(place)}: ${seen}.`
}

function inPlace(object: KubeObject, place: Place): boolean {
  return place.namespace === undefined || object.metadata.namespace === place.namespace
}

/** Findings on the named objects, their owners, their pods and what serves them, and the findings that explain those. */
export function relatedTo(refs: ObjectRef[], snapshot: Snapshot, findings: Finding[]): Finding[] {
  const family = new Set(refs.flatMap((ref) => familyOf(ref, snapshot)).map(refKey))
  const own = findings.filter(
    (finding) => family.has(refKey(finding.object)) || finding.explains.some((ref) => family.has(refKey(ref))),
  )
  const sick = new Set(own.map((finding) => refKey(finding.object)))
  const above = findings.filter(
    (finding) => !own.includes(finding) && finding.explains.some((ref) => sick.has(refKey(ref))),
  )
  return [...above, ...own].sort((a, b) => Number(b.root) - Number(a.root))
}

function familyOf(ref: ObjectRef, snapshot: Snapshot): ObjectRef[] {
  const object = snapshot.find(ref)
  if (!object) return [ref]
  const members =
    object.kind === 'Service'
      ? snapshot.podsOfService(object)
      : object.kind === 'Ingress'
        ? backendsOf(object, snapshot)
        : snapshot.podsOf(object)
  const roots = [snapshot.rootOf(object), ...members.map((pod) => snapshot.rootOf(pod))]
  const services = snapshot
    .list('Service', object.metadata.namespace ?? '')
    .filter((service) => members.some((pod) => matchesMap(service.spec?.selector, pod.metadata.labels)))
  return [ref, ...members, ...roots, ...services].map((item) =>
    'metadata' in item ? { kind: item.kind, namespace: item.metadata.namespace, name: item.metadata.name } : item,
  )
}

function backendsOf(ingress: KubeObject, snapshot: Snapshot): KubeObject[] {
  const paths = (ingress.spec?.rules ?? []).flatMap((rule: { http?: { paths?: unknown[] } }) => rule.http?.paths ?? [])
  const names = paths.flatMap(
    (path: { backend?: { service?: { name?: string } } }) => path.backend?.service?.name ?? [],
  )
  return names.flatMap((name: string) => {
    const service = snapshot.get('Service', ingress.metadata.namespace, name)
    return service ? snapshot.podsOfService(service) : []
  })
}

/** "3 of 3 ready, no restarts." */
function stateOf(ref: ObjectRef, snapshot: Snapshot): string[] {
  const object = snapshot.find(ref)
  if (!object || ref.kind === 'Service') return []
  const pods = snapshot.podsOf(object).filter((pod) => !isFinished(pod))
  const restarts = pods.flatMap(containersOf).reduce((sum, container) => sum + container.restarts, 0)
  const restarted = restarts === 0 ? 'no restarts' : plural(restarts, 'restart')
  if (['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].includes(ref.kind)) {
    return [`${readyReplicas(object)} of ${desiredReplicas(object)} replicas are ready, ${restarted}.`]
  }
  return pods.length > 0 ? [`${pods.filter(isReady).length} of ${plural(pods.length, 'pod')} ready, ${restarted}.`] : []
}

/** Remarks worth adding to the trouble: what was found about the same things. */
function infosOf(diagnosis: Diagnosis, related: Finding[]): Finding[] {
  const keys = new Set(related.map((finding) => refKey(finding.object)))
  return diagnosis.findings.filter((finding) => finding.severity === 'info' && keys.has(refKey(finding.object)))
}
