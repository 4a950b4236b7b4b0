// Aggregated APIs (metrics-server, adapters) that do not answer.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { lastErrorLine } from '../look/logs.ts'
import { condition, refsOf } from '../look/pods.ts'
import { podsBehind } from '../look/services.ts'
import { evidence, oneLine, some } from '../look/words.ts'
import { workloadOf } from '../look/workloads.ts'

export const metricsApi: Check = {
  name: 'metrics-api',
  title: 'An aggregated API, such as metrics, is not available',
  why: 'Autoscalers and kubectl top stop working; a dead aggregated API also blocks the deletion of namespaces.',
  fix: 'Mend the pods behind the APIService (metrics-server), or delete the APIService when nothing serves it any more.',
  reads: ['APIService', 'Service', 'Pod', 'Deployment', 'HorizontalPodAutoscaler'],
  run(snapshot) {
    return snapshot.list('APIService').flatMap((api) => draftOf(snapshot, api) ?? [])
  },
}

function draftOf(snapshot: Snapshot, api: KubeObject): Draft | undefined {
  const available = condition(api, 'Available')
  if (!api.spec?.service || available?.status !== 'False') return undefined
  const { namespace, name } = api.spec.service
  const service = snapshot.get('Service', namespace, name)
  const pods = service ? podsBehind(snapshot, service) : []
  const workloads = [...new Set(pods.map((pod) => workloadOf(snapshot, pod)))]
  const line = pods
    .flatMap((pod) => snapshot.logsOf(pod).map((log) => ({ pod, line: lastErrorLine(log.text) })))
    .find((entry) => entry.line && /error|fail|unable|cannot|x509|refused/i.test(entry.line))
  const metrics = String(api.spec.group ?? '').endsWith('metrics.k8s.io')
  const hpas = metrics
    ? snapshot.list('HorizontalPodAutoscaler').filter((hpa) => condition(hpa, 'ScalingActive')?.status === 'False')
    : []
  return {
    severity: 'warning',
    object: refOf(api),
    // what is wrong with the pods behind it is the finding of another check
    depth: 'state',
    summary: `APIService ${api.metadata.name} is not available (${available.reason ?? ''})${metrics ? ': no metrics for kubectl top and autoscalers' : ''}`,
    cause: `${service ? '' : `Service ${namespace}/${name} does not exist; `}${oneLine(available.message ?? available.reason)}${line ? `; its log says: ${line.line}` : ''}`,
    evidence: [
      evidence('status', api, `Available=False (${available.reason}): ${available.message ?? ''}`),
      ...(line?.line ? [evidence('log', line.pod, line.line)] : []),
    ],
    remedy: service
      ? `Mend ${workloads.length > 0 ? some(workloads.map((workload) => `${workload.kind} ${workload.metadata.name}`)) : `the pods behind Service ${namespace}/${name}`}; the API comes back by itself.`
      : `Install what serves ${api.spec.group}, or delete APIService ${api.metadata.name}.`,
    ...(available.lastTransitionTime ? { since: available.lastTransitionTime } : {}),
    dueTo: [{ apiVersion: 'v1', kind: 'Service', namespace, name }, ...refsOf(workloads)],
    explains: refsOf(hpas),
  }
}
