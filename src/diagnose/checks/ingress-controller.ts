// What an ingress controller says, in its log or an event, about an Ingress that looks right: default certificate, rejected configuration, no upstream.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import { eventTime, type Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { isFinished } from '../look/pods.ts'
import { evidence, oneLine } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

// ingress-nginx, Traefik, HAProxy, Contour: the words that name an Ingress, Service or Secret by namespace/name
const SAYS: { form: RegExp; kind: 'Secret' | 'Service' | 'Ingress'; what: string; fix: string }[] = [
  {
    form: /Error getting SSL certificate "(?<ref>[a-z0-9.-]+\/[a-z0-9.-]+)"|[Ee]rror obtaining X\.?509 (?:certificate|key pair).{0,80}"?(?<ref2>[a-z0-9-]+\/[a-z0-9.-]+)/,
    kind: 'Secret',
    what: 'the controller cannot read the TLS Secret and serves its default certificate',
    fix: 'Create or mend the TLS Secret.',
  },
  {
    form: /SSL certificate for server "(?<host>[^"]{1,253})" (?:is about to expire|expired)|certificate "(?<ref>[a-z0-9-]+\/[a-z0-9.-]+)" (?:has )?expired/i,
    kind: 'Secret',
    what: 'the certificate expires or has expired',
    fix: 'Renew the certificate.',
  },
  {
    form: /[Ee]rror obtaining Endpoints for Service "(?<ref>[a-z0-9-]+\/[a-z0-9.-]+)"|[Ss]ervice "(?<ref2>[a-z0-9-]+\/[a-z0-9.-]+)" (?:not found|does not exist)|no (?:object matching key|service named) "(?<ref3>[a-z0-9-]+\/[a-z0-9.-]+)"/,
    kind: 'Service',
    what: 'the controller cannot find the Service',
    fix: 'Correct the backend of the Ingress or create the Service.',
  },
  {
    form: /Service "(?<ref>[a-z0-9-]+\/[a-z0-9.-]+)" does not have any active Endpoint/,
    kind: 'Service',
    what: 'the Service has no ready endpoint',
    fix: 'Mend the pods or the selector behind the Service.',
  },
  {
    form: /(?:[Ii]gnoring ingress|[Ss]kipping ingress|[Ee]rror (?:processing|validating|building|parsing).{0,40}ingress|invalid ingress|rejected ingress).{0,60}?"?(?<ref>[a-z0-9-]+\/[a-z0-9.-]+)"?/,
    kind: 'Ingress',
    what: 'the controller refuses the Ingress',
    fix: 'Correct what the line names.',
  },
]

// the same controller, when it has done it
const WELL = /^(?:SuccessfullyReconciled|Sync|AddedOrUpdated|Synced|Configured|UPDATE|CREATE)$/

export const ingressController: Check = {
  name: 'ingress-controller',
  title: 'The ingress controller complains about an Ingress',
  why: 'Only the controller knows that it ignores an Ingress or serves its own certificate; the objects look right.',
  fix: 'Mend what its log names.',
  reads: ['Pod', 'Ingress', 'Service', 'Secret', 'Event'],
  run(snapshot) {
    const drafts = new Map<string, Draft>()
    for (const pod of snapshot.list('Pod')) {
      if (isFinished(pod) || !isController(snapshot, pod)) continue
      for (const log of snapshot.logsOf(pod)) {
        const lines = log.text.slice(-100_000).split('\n').slice(-400)
        for (const line of lines.map((text) => text.slice(0, 1000))) {
          const draft = draftOf(snapshot, pod, line)
          if (draft)
            drafts.set(
              `${draft.object.kind}/${draft.object.namespace}/${draft.object.name}/${draft.cause.slice(0, 40)}`,
              draft,
            )
        }
      }
    }
    return [...drafts.values(), ...snapshot.list('Ingress').flatMap((ingress) => complaintOf(snapshot, ingress))]
  },
}

/** Controllers that make load balancers (AWS, GCE, Azure, NGINX) say on the Ingress itself why they cannot. */
function complaintOf(snapshot: Snapshot, ingress: KubeObject): Draft[] {
  const [event] = eventsAbout(snapshot, ingress, { type: 'Warning' })
  const [well] = eventsAbout(snapshot, ingress, { type: 'Normal', reason: WELL })
  if (!event || (well && eventTime(well) >= eventTime(event))) return []
  const addresses = ingress.status?.loadBalancer?.ingress
  const without = !Array.isArray(addresses) || addresses.length === 0
  const who = String(event.reportingComponent || event.source?.component || 'its controller')
  return [
    {
      severity: without ? 'critical' : 'warning',
      object: refOf(ingress),
      summary: `Ingress ${nameOf(ingress)} ${without ? 'has no address: its controller cannot set it up' : 'is not as it should be: its controller cannot apply the last change'}`,
      cause: `${who} reports ${eventText(event)}`,
      evidence: [evidence('event', ingress, eventText(event))],
      remedy:
        'Correct what the controller names (subnet tags, annotations, certificates, permissions); it tries again by itself.',
      ...(event.firstTimestamp ? { since: String(event.firstTimestamp) } : {}),
    },
  ]
}

function isController(snapshot: Snapshot, pod: KubeObject): boolean {
  const images = (pod.spec?.containers ?? []).map((container: { image?: string }) => container.image ?? '').join(' ')
  return /ingress|traefik|haproxy|contour|envoy|kong/i.test(`${workloadOf(snapshot, pod).metadata.name} ${images}`)
}

function draftOf(snapshot: Snapshot, pod: KubeObject, line: string): Draft | undefined {
  for (const { form, kind, what, fix } of SAYS) {
    const groups = form.exec(line)?.groups
    if (!groups) continue
    const named = groups.ref ?? groups.ref2 ?? groups.ref3
    const ref = named ? refFrom(kind, named) : byHost(snapshot, groups.host)
    if (!ref) continue
    const ingress = ref.kind === 'Ingress' ? snapshot.find(ref) : ingressesUsing(snapshot, ref)[0]
    // a log keeps what has been mended since: only what is still so counts
    if (!ingress || mended(snapshot, kind, ref, what)) continue
    return {
      severity: 'warning',
      object: refOf(ingress),
      // why is the finding of the Secret's or Service's own check, when it has one
      depth: 'state',
      summary: `Ingress ${nameOf(ingress)}: ${what}`,
      cause: `${workloadOf(snapshot, pod).metadata.name} logs: ${oneLine(line, 250)}`,
      evidence: [evidence('log', pod, line)],
      remedy: fix,
      dueTo: [ref],
    }
  }
  return undefined
}

function refFrom(kind: string, named: string): ObjectRef {
  const [namespace = '', name = ''] = named.split('/')
  return { kind, namespace, name }
}

function byHost(snapshot: Snapshot, host: string | undefined): ObjectRef | undefined {
  const ingress = snapshot
    .list('Ingress')
    .find((entry) => (entry.spec?.rules ?? []).some((rule: { host?: string }) => rule.host === host))
  return ingress && refOf(ingress)
}

function ingressesUsing(snapshot: Snapshot, ref: ObjectRef): KubeObject[] {
  return snapshot.list('Ingress', ref.namespace ?? '').filter((ingress) => {
    if (ref.kind === 'Secret')
      return (ingress.spec?.tls ?? []).some((entry: { secretName?: string }) => entry.secretName === ref.name)
    return JSON.stringify(ingress.spec ?? {}).includes(`"name":"${ref.name}"`)
  })
}

function mended(snapshot: Snapshot, kind: string, ref: ObjectRef, what: string): boolean {
  if (kind === 'Service') {
    const service = snapshot.find(ref)
    if (!what.includes('endpoint')) return service !== undefined
    return (
      service !== undefined &&
      snapshot
        .podsOfService(service)
        .some((pod) =>
          (pod.status?.conditions ?? []).some(
            (c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True',
          ),
        )
    )
  }
  if (kind !== 'Secret' || what.includes('expire')) return false
  const secret = snapshot.find(ref)
  return Boolean(secret && Object.hasOwn(secret.data ?? {}, 'tls.crt') && Object.hasOwn(secret.data ?? {}, 'tls.key'))
}
