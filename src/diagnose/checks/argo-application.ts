// Argo CD applications that cannot sync, have drifted, or are degraded.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { duration, evidence, oneLine, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const GROUP = 'argoproj.io'
const DRIFT_MS = 10 * 60_000

interface Resource {
  kind?: string
  namespace?: string
  name?: string
  status?: string
  health?: { status?: string; message?: string }
  requiresPruning?: boolean
}

export const argoApplication: Check = {
  name: 'argo-application',
  title: 'An Argo CD application cannot sync or has drifted',
  why: 'What runs is not what Git says: changes do not arrive, or somebody changed the cluster by hand.',
  fix: 'Mend the error of the last sync, or sync; put changes made by hand into Git.',
  reads: ['Application'],
  run(snapshot) {
    return snapshot.list('Application', undefined, GROUP).flatMap((application) => draftOf(snapshot, application) ?? [])
  },
}

function draftOf(snapshot: Snapshot, application: KubeObject): Draft | undefined {
  const status = application.status ?? {}
  const operation = status.operationState
  const conditions: { type?: string; message?: string; lastTransitionTime?: string }[] = Array.isArray(
    status.conditions,
  )
    ? status.conditions.filter(Boolean)
    : []
  const error = conditions.find((entry) => entry.type?.endsWith('Error'))
  const failed = operation?.phase === 'Failed' || operation?.phase === 'Error'
  const resources: Resource[] = Array.isArray(status.resources) ? status.resources.filter(Boolean) : []
  const drifted = resources.filter((entry) => entry.status === 'OutOfSync')
  const degraded = resources.filter(
    (entry) => entry.health?.status === 'Degraded' || entry.health?.status === 'Missing',
  )
  const base = { object: refOf(application), ...(operation?.finishedAt ? { since: String(operation.finishedAt) } : {}) }
  const named = drifted.map((entry) => `${entry.kind} ${entry.namespace ? `${entry.namespace}/` : ''}${entry.name}`)
  const outOfSync = status.sync?.status === 'OutOfSync'
  const shown = [
    evidence(
      'status',
      application,
      `sync ${status.sync?.status ?? '?'}, health ${status.health?.status ?? '?'}${operation ? `, last operation ${operation.phase}` : ''}`,
    ),
    ...(error ? [evidence('status', application, `${error.type}: ${error.message ?? ''}`)] : []),
    ...(failed ? [evidence('status', application, String(operation.message ?? ''))] : []),
    ...failures(operation)
      .slice(0, 3)
      .map((text) => evidence('status', application, text)),
  ]
  if (error || (failed && outOfSync)) {
    const [first] = failures(operation)
    return {
      ...base,
      severity: 'warning',
      depth: 'cause',
      summary: `Argo CD application ${nameOf(application)} cannot sync (${error?.type ?? `operation ${operation.phase}`})`,
      cause: oneLine(error?.message ?? first ?? operation.message ?? 'the last sync failed', 400),
      evidence: shown,
      remedy: `Correct what the message names in ${application.spec?.source?.repoURL ?? 'the repository'} (path ${application.spec?.source?.path ?? '?'}, revision ${application.spec?.source?.targetRevision ?? 'HEAD'}), then sync.`,
      explains: drifted.flatMap((entry) =>
        entry.kind && entry.name
          ? [{ kind: entry.kind, ...(entry.namespace ? { namespace: entry.namespace } : {}), name: entry.name }]
          : [],
      ),
    }
  }
  const age = snapshot.ageMs(operation?.finishedAt ?? status.reconciledAt) ?? DRIFT_MS
  if (outOfSync && operation?.phase !== 'Running') {
    const automated = application.spec?.syncPolicy?.automated
    const heals = automated?.selfHeal === true
    if (heals && age < DRIFT_MS) return undefined
    return {
      ...base,
      severity: 'warning',
      depth: 'cause',
      summary: `Argo CD application ${nameOf(application)} is OutOfSync: the cluster differs from Git${named.length > 0 ? ` in ${some(named, 4)}` : ''}`,
      cause: `${some(named.length > 0 ? named : ['its objects'], 4)} in the cluster ${named.length === 1 ? 'differs' : 'differ'} from revision ${String(status.sync?.revision ?? application.spec?.source?.targetRevision ?? 'HEAD').slice(0, 12)}${heals ? ' although self-heal is on' : automated ? '; self-heal is off, so drift made by hand stays' : '; automatic sync is off, so nobody applies it'}${operation?.finishedAt ? ` (last sync ${duration(age)} ago)` : ''}`,
      evidence: [
        ...shown,
        ...(named.length > 0 ? [evidence('status', application, `OutOfSync: ${some(named, 8)}`)] : []),
      ],
      remedy: `Look at the diff of ${application.metadata.name}; sync it, or put the change made by hand into Git.`,
      explains: [],
    }
  }
  if (status.health?.status !== 'Degraded') return undefined
  const refs = degraded.flatMap((entry) =>
    entry.kind && entry.name
      ? [{ kind: entry.kind, ...(entry.namespace ? { namespace: entry.namespace } : {}), name: entry.name }]
      : [],
  )
  return {
    ...base,
    severity: 'warning',
    depth: 'symptom',
    summary: `Argo CD application ${nameOf(application)} is Degraded: ${some(refs.map((ref) => `${ref.kind} ${ref.name}`))}`,
    cause: oneLine(
      degraded.find((entry) => entry.health?.message)?.health?.message ??
        status.health?.message ??
        'objects of the application are not healthy',
    ),
    evidence: shown,
    remedy: 'Mend the objects it names; the application follows.',
    dueTo: refs,
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the operation as Argo CD writes it
function failures(operation: any): string[] {
  const results: { kind?: string; name?: string; status?: string; hookPhase?: string; message?: string }[] =
    operation?.syncResult?.resources ?? []
  return results
    .filter((entry) => entry.status === 'SyncFailed' || entry.hookPhase === 'Failed')
    .map((entry) => `${entry.kind} ${entry.name}: ${entry.message ?? entry.status}`)
}
