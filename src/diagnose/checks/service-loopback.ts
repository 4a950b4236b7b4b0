// Applications that listen on 127.0.0.1 only while a Service sends them traffic.
import { refOf } from '../../objects/object.ts'
import type { Check } from '../check.ts'
import { complaintsAbout } from '../look/complaints.ts'
import { listeningPorts } from '../look/listening.ts'
import { isLive, isReady, refsOf } from '../look/pods.ts'
import { podsBehind, portsOf, targetNumber } from '../look/services.ts'
import { evidence } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const serviceLoopback: Check = {
  name: 'service-loopback',
  title: 'An application listens on localhost only, so its Service cannot reach it',
  why: '127.0.0.1 inside a pod is reachable from that pod alone: probes and Services get connection refused.',
  fix: 'Bind to 0.0.0.0 (or ::), usually with an environment variable or a flag such as --host.',
  reads: ['Service', 'Pod'],
  run(snapshot) {
    return snapshot.list('Service').flatMap((service) => {
      const complaints = complaintsAbout(snapshot, service)
      for (const pod of podsBehind(snapshot, service).filter(isLive)) {
        if (isReady(pod) && complaints.length === 0) continue
        const listens = listeningPorts(snapshot, pod)
        const bound = listens.find(
          (entry) => entry.loopback && portsOf(service).some((port) => targetNumber(port, pod) === entry.port),
        )
        if (!bound) continue
        const workload = workloadOf(snapshot, pod)
        return [
          {
            severity: 'critical',
            object: refOf(workload),
            depth: 'cause',
            summary: `${workload.kind} ${nameOf(workload)} listens on 127.0.0.1:${bound.port} only: Service ${service.metadata.name} and probes cannot reach it`,
            cause: `the application binds to localhost instead of all addresses, so connections to the pod's address on port ${bound.port} are refused`,
            evidence: [
              evidence('log', pod, bound.line),
              ...complaints.slice(0, 2).map((complaint) => evidence('log', complaint.pod, complaint.line)),
            ],
            remedy: `Let ${nameOf(workload)} bind to 0.0.0.0:${bound.port}.`,
            explains: [refOf(service), ...refsOf([...new Set(complaints.map((complaint) => complaint.workload))])],
          },
        ]
      }
      return []
    })
  },
}
