// CoreDNS runs, but cannot answer: its upstream resolvers time out, its Corefile or the API server fails it.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { clusterDns, dnsComplaints, mayResolve } from '../look/cluster-dns.ts'
import { isReady, refsOf } from '../look/pods.ts'
import { count, evidence, oneLine, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const SAYS = [
  {
    form: /plugin\/forward:.{0,200}|plugin\/errors: \d+ \S{1,253} [A-Z]{1,5}: (?:read|dial) \w+ \S+->\S+: (?:i\/o timeout|read: connection refused|connection refused)|no healthy upstreams?/i,
    why: 'its upstream resolvers do not answer',
    fix: 'Check the forward line of ConfigMap coredns and the resolvers of the nodes (/etc/resolv.conf), and that egress to them on port 53 is open.',
  },
  {
    form: /plugin\/errors: \d+ \S{1,253} [A-Z]{1,5}: \S{0,80}(?:SERVFAIL|REFUSED)|\bSERVFAIL\b/,
    why: 'its upstream resolvers answer with an error',
    fix: 'Check the resolvers that the forward line of ConfigMap coredns names.',
  },
  {
    form: /plugin\/kubernetes:.{0,120}(?:Unauthorized|forbidden|Failed to (?:list|watch)|connection refused|timeout)|Failed to (?:list|watch) \*v1\.(?:Service|EndpointSlice|Namespace|Pod).{0,200}/i,
    why: 'it cannot read Services from the API server',
    fix: 'Check the ClusterRole system:coredns, its binding, and the way to the API server.',
  },
]

export const dnsUpstream: Check = {
  name: 'dns-upstream',
  title: 'CoreDNS runs but cannot answer',
  why: 'With dead upstream resolvers names outside the cluster fail; without the API server names inside do.',
  fix: "Correct the forward line of the Corefile, the nodes' resolvers, or the permissions of CoreDNS.",
  reads: ['Deployment', 'DaemonSet', 'Pod', 'Service'],
  run(snapshot) {
    const { workload, pods, service } = clusterDns(snapshot)
    const object = workload ?? pods[0]
    // without anybody who complains a line in its log is not worth an alarm
    const hurt = dnsComplaints(snapshot).filter((complaint) => mayResolve(snapshot, complaint.pod))
    if (!object || hurt.length === 0 || !pods.some(isReady)) return []
    for (const pod of pods) {
      for (const log of snapshot.logsOf(pod)) {
        const lines = log.text
          .slice(-50_000)
          .split('\n')
          .slice(-200)
          .map((line) => line.slice(0, 600))
        for (const { form, why, fix } of SAYS) {
          const said = lines.filter((line) => form.test(line))
          if (said.length === 0) continue
          const workloads = [...new Set(hurt.map((complaint) => complaint.workload))].filter(
            (entry) => entry !== workload,
          )
          return [
            {
              severity: 'critical',
              object: refOf(object),
              depth: 'cause',
              summary: `CoreDNS cannot answer: ${why}, and ${count(workloads.length, 'workload')} (${some(workloads.map(nameOf))}) cannot resolve names`,
              cause: `${nameOf(object)} runs, but ${why} (${count(said.length, 'line')} in its log)`,
              evidence: [
                evidence('log', pod, oneLine(said.at(-1))),
                ...hurt.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line)),
              ],
              remedy: fix,
              explains: [...(service ? [refOf(service)] : []), ...refsOf(workloads)],
            } satisfies Draft,
          ]
        }
      }
    }
    return []
  },
}
