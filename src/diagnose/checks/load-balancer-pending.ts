// Services of type LoadBalancer that have no address.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText, messageText } from '../look/events.ts'
import { duration, evidence, oneLine } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const PATIENCE_MS = 5 * 60_000
const FAILED =
  /^(SyncLoadBalancerFailed|CreatingLoadBalancerFailed|UpdateLoadBalancerFailed|AllocationFailed|FailedBuildModel|FailedDeployModel|UnAvailableLoadBalancer|LoadBalancerFailed)$/

export const loadBalancerPending: Check = {
  name: 'load-balancer-pending',
  title: 'A LoadBalancer Service gets no address',
  why: 'Until the cloud controller (or MetalLB and the like) assigns an address, nobody outside reaches the Service.',
  fix: "Read the controller's event: quota, subnet, permission, an address pool that is used up; without a controller use NodePort or install one.",
  reads: ['Service', 'Event'],
  run(snapshot) {
    return snapshot.list('Service').flatMap((service): Draft[] => {
      if (service.spec?.type !== 'LoadBalancer' || service.metadata.deletionTimestamp) return []
      if (service.status?.loadBalancer?.ingress?.length) return []
      const age = snapshot.ageMs(service.metadata.creationTimestamp) ?? 0
      const [failed] = eventsAbout(snapshot, service, { reason: FAILED })
      if (!failed && age < PATIENCE_MS) return []
      return [
        {
          severity: 'warning',
          object: refOf(service),
          depth: 'cause',
          summary: `Service ${nameOf(service)} of type LoadBalancer has had no address for ${duration(age)} (EXTERNAL-IP pending)`,
          cause: failed
            ? `the load balancer controller fails: ${oneLine(messageText(failed))}`
            : `no controller has assigned an address${service.spec.loadBalancerClass ? ` for loadBalancerClass ${service.spec.loadBalancerClass}` : ''} and none has reported an error: probably none runs in this cluster`,
          evidence: [
            failed
              ? evidence('event', service, eventText(failed))
              : evidence('status', service, 'loadBalancer: {} (no ingress)'),
          ],
          remedy: failed
            ? 'Mend what the controller names (quota, subnet tags, permissions, address pool); it tries again by itself.'
            : 'Install a load balancer controller (cloud controller manager, MetalLB), or use type NodePort or an Ingress.',
        },
      ]
    })
  },
}
