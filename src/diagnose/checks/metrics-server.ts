// A metrics-server that runs but cannot scrape the kubelets: its log says why the metrics are missing.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { condition, isFinished, refsOf } from '../look/pods.ts'
import { count, evidence, oneLine } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

const FAILS =
  /Failed to scrape node|unable to (?:fully )?(?:scrape|collect|fetch) metrics|x509|no metrics (?:to serve|known)|Failed probe.{0,60}no metrics/i

export const metricsServer: Check = {
  name: 'metrics-server',
  title: 'metrics-server cannot scrape the kubelets',
  why: 'kubectl top and every autoscaler by CPU or memory depend on it.',
  fix: "Usually the kubelets' serving certificates are not signed (x509): rotate them, or run metrics-server with --kubelet-insecure-tls in a laboratory.",
  reads: ['Pod', 'HorizontalPodAutoscaler', 'APIService'],
  run(snapshot) {
    const hpas = snapshot
      .list('HorizontalPodAutoscaler')
      .filter((hpa) => condition(hpa, 'ScalingActive')?.status === 'False')
    const apis = snapshot.list('APIService').filter((api) => String(api.spec?.group) === 'metrics.k8s.io')
    const down = apis.some((api) => condition(api, 'Available')?.status === 'False')
    if (hpas.length === 0 && !down) return []
    const pods = snapshot
      .list('Pod')
      .filter(
        (pod) =>
          !isFinished(pod) &&
          (pod.metadata.labels?.['k8s-app'] === 'metrics-server' ||
            pod.metadata.labels?.['app.kubernetes.io/name'] === 'metrics-server'),
      )
    for (const pod of pods) {
      const lines = snapshot.logsOf(pod).flatMap((log) =>
        log.text
          .slice(-50_000)
          .split('\n')
          .slice(-200)
          .filter((line) => FAILS.test(line.slice(0, 1000))),
      )
      const last = lines.at(-1)
      if (!last) continue
      const workload = workloadOf(snapshot, pod)
      return [
        {
          severity: 'warning',
          object: refOf(workload),
          depth: 'cause',
          summary: `metrics-server (${nameOf(workload)}) cannot scrape the nodes: ${count(lines.length, 'failed scrape')} in its log`,
          cause: oneLine(last),
          evidence: [evidence('log', pod, last)],
          remedy: /x509|certificate/.test(last)
            ? 'Let the kubelets use certificates signed by the cluster CA (serverTLSBootstrap and approved CSRs).'
            : 'Check that metrics-server reaches the kubelets on port 10250 (network, NetworkPolicy, RBAC).',
          explains: [...refsOf(hpas), ...refsOf(apis)],
        } satisfies Draft,
      ]
    }
    return []
  },
}
