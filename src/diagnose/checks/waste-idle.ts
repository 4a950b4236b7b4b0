// Workloads that run and do nothing: next to no CPU over all replicas, and nobody calls them.
import { refOf } from '../../objects/object.ts'
import { formatBytes, formatCpu } from '../../objects/quantity.ts'
import type { Check, Draft } from '../check.ts'
import { requestsOf } from '../look/nodes.ts'
import { byWorkload, isFinished, isReady } from '../look/pods.ts'
import { usageByPod } from '../look/room.ts'
import { savingEvidence } from '../look/saving.ts'
import { count, evidence } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

/** cores over all replicas: a process that only waits */
const IDLE_CPU = 0.001
const OLD_MS = 7 * 86_400_000

export const wasteIdle: Check = {
  name: 'waste-idle',
  title: 'A workload runs and does nothing',
  why: 'It holds its requests for nothing: a leftover, a forgotten test, a worker without a queue.',
  fix: 'Ask its owner; scale it to zero, and delete it when nobody misses it.',
  reads: ['Pod', 'PodMetrics', 'Deployment', 'StatefulSet', 'ReplicaSet', 'HorizontalPodAutoscaler'],
  run(snapshot) {
    const usage = usageByPod(snapshot)
    const pods = snapshot
      .list('Pod')
      .filter((pod) => !isFinished(pod) && isReady(pod) && !(pod.metadata.namespace ?? '').startsWith('kube-'))
    return byWorkload(snapshot, pods).flatMap(({ workload, pods: group }): Draft[] => {
      if (
        !['Deployment', 'StatefulSet'].includes(workload.kind) ||
        (snapshot.ageMs(workload.metadata.creationTimestamp) ?? 0) < OLD_MS
      )
        return []
      const used = group.map((pod) => usage.get(nameOf(pod))?.get('cpu'))
      if (used.some((value) => value === undefined)) return []
      const total = used.reduce<number>((sum, value) => sum + (value ?? 0), 0)
      const requests = group.map(requestsOf)
      const cpu = requests.reduce((sum, entry) => sum + (entry.get('cpu') ?? 0), 0)
      const memory = requests.reduce((sum, entry) => sum + (entry.get('memory') ?? 0), 0)
      if (total > IDLE_CPU * group.length || (cpu === 0 && memory === 0)) return []
      return [
        {
          severity: 'info',
          object: refOf(workload),
          depth: 'cause',
          summary: `${workload.kind} ${nameOf(workload)} does nothing: ${count(group.length, 'pod')} use ${formatCpu(total)} CPU and hold ${formatCpu(cpu)} CPU, ${formatBytes(memory)} memory`,
          cause: 'its pods use next to no CPU at the moment of measuring',
          evidence: [
            savingEvidence(refOf(workload), { cpu, memory }),
            evidence('metric', workload, `cpu ${formatCpu(total)} over ${count(group.length, 'pod')}`),
          ],
          remedy: `Ask the owner of ${nameOf(workload)}; scale it to zero, and delete it when nobody misses it.`,
          action: { verb: 'scale', target: refOf(workload), replicas: 0 },
        },
      ]
    })
  },
}
