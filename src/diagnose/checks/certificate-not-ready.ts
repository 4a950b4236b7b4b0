// cert-manager Certificates that are not ready or expire: the issuer, the request, the challenge that fails.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { nearest } from '../look/names.ts'
import { condition } from '../look/pods.ts'
import { duration, evidence, oneLine, some } from '../look/words.ts'
import { desiredReplicas, nameOf, readyReplicas } from '../look/workloads.ts'

const GROUP = 'cert-manager.io'
const PATIENCE_MS = 10 * 60_000

export const certificateNotReady: Check = {
  name: 'certificate-not-ready',
  title: 'A cert-manager Certificate is not issued or not renewed',
  why: 'Its Secret is missing or holds an expiring certificate, and TLS fails for whoever uses it.',
  fix: 'Mend the issuer or the challenge that the request waits for.',
  reads: [
    'Certificate',
    'Deployment',
    'CertificateRequest',
    'Order',
    'Challenge',
    'Issuer',
    'ClusterIssuer',
    'Ingress',
    'Event',
    'Secret',
  ],
  run(snapshot) {
    return snapshot.list('Certificate', undefined, GROUP).flatMap((certificate) => draftOf(snapshot, certificate) ?? [])
  },
}

function draftOf(snapshot: Snapshot, certificate: KubeObject): Draft | undefined {
  if (certificate.metadata.deletionTimestamp) return undefined
  const ready = condition(certificate, 'Ready')
  const left = -(snapshot.ageMs(certificate.status?.notAfter) ?? Number.NEGATIVE_INFINITY)
  const expired = left <= 0
  const overdue = (snapshot.ageMs(certificate.status?.renewalTime) ?? -1) > 3_600_000
  const bad = ready?.status === 'False'
  const age = snapshot.ageMs(ready?.lastTransitionTime ?? certificate.metadata.creationTimestamp) ?? PATIENCE_MS
  // the first issuing and each renewal take some minutes
  if (!expired && !(bad && age >= PATIENCE_MS) && !overdue) return undefined
  const chain = chainOf(snapshot, certificate)
  const issuer = issuerRef(certificate)
  const missing = missingIssuer(snapshot, issuer)
  const failing = chain.find((entry) => entry.text !== undefined)
  const issuing = condition(certificate, 'Issuing')
  const failed = issuing?.status === 'False' && issuing.reason === 'Failed' ? issuing.message : undefined
  const reason =
    failing?.text ??
    failed ??
    (ready?.message ? `${ready.reason ?? ''}: ${ready.message}` : 'it has not been renewed in time')
  const hosts: string[] = certificate.spec?.dnsNames ?? []
  const controllers = snapshot
    .list('Deployment')
    .filter((workload) => /^cert-manager$|-cert-manager$/.test(workload.metadata.name) && readyReplicas(workload) === 0)
  const [controller] = controllers
  const secret: ObjectRef = {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: certificate.metadata.namespace ?? '',
    name: String(certificate.spec?.secretName ?? ''),
  }
  const ingresses = snapshot
    .list('Ingress', certificate.metadata.namespace ?? '')
    .filter((ingress) =>
      (ingress.spec?.tls ?? []).some((entry: { secretName?: string }) => entry.secretName === secret.name),
    )
  const until = certificate.status?.notAfter
  const state = expired
    ? `expired ${duration(-left)} ago`
    : until
      ? `is not renewed and expires in ${duration(left)}`
      : 'has never been issued'
  return {
    severity: expired || !until ? 'critical' : 'warning',
    object: refOf(certificate),
    depth: 'cause',
    summary: `Certificate ${nameOf(certificate)}${hosts.length > 0 ? ` for ${some(hosts)}` : ''} ${state}`,
    cause: missing
      ? missing
      : controller
        ? `its controller ${controller.kind} ${nameOf(controller)} does not run (${desiredReplicas(controller)} replicas wanted, none ready); ${oneLine(reason, 250)}`
        : `${failing ? `${failing.object.kind} ${failing.object.metadata.name}: ` : ''}${oneLine(reason, 350)}`,
    evidence: [
      ...(ready
        ? [evidence('status', certificate, `Ready=${ready.status} (${ready.reason ?? ''}): ${ready.message ?? ''}`)]
        : []),
      ...(until
        ? [
            evidence(
              'status',
              certificate,
              `notAfter ${until}${certificate.status?.renewalTime ? `, renewalTime ${certificate.status.renewalTime}` : ''}`,
            ),
          ]
        : []),
      ...chain.slice(0, 4).map((entry) => evidence('status', entry.object, entry.text ?? 'not ready')),
      ...eventsAbout(snapshot, certificate, { type: 'Warning' })
        .slice(0, 2)
        .map((event) => evidence('event', certificate, eventText(event))),
      evidence('spec', certificate, `secretName ${secret.name}, issuer ${issuer.kind} ${issuer.name}`),
    ],
    remedy: missing
      ? `Correct issuerRef of Certificate ${certificate.metadata.name}, or create ${issuer.kind} ${issuer.name}.`
      : `Mend what ${failing ? failing.object.kind : 'the issuer'} reports; cert-manager then issues the certificate into Secret ${secret.name} by itself.`,
    ...(ready?.lastTransitionTime ? { since: ready.lastTransitionTime } : {}),
    dueTo: [issuer, ...controllers.map(refOf)],
    explains: [secret, ...ingresses.map(refOf)],
  }
}

function issuerRef(certificate: KubeObject): ObjectRef {
  const ref = certificate.spec?.issuerRef ?? {}
  const kind = String(ref.kind ?? 'Issuer')
  return {
    apiVersion: 'cert-manager.io/v1',
    kind,
    ...(kind === 'Issuer' ? { namespace: certificate.metadata.namespace ?? '' } : {}),
    name: String(ref.name ?? ''),
  }
}

function missingIssuer(snapshot: Snapshot, ref: ObjectRef): string | undefined {
  if (!['Issuer', 'ClusterIssuer'].includes(ref.kind) || !snapshot.wasRead(ref.kind) || snapshot.find(ref))
    return undefined
  const others = [
    ...snapshot.list('Issuer', ref.namespace ?? '', GROUP),
    ...snapshot.list('ClusterIssuer', undefined, GROUP),
  ]
  const other = others.find((entry) => entry.metadata.name === ref.name)
  const near =
    other?.metadata.name ??
    nearest(
      ref.name,
      others.map((entry) => entry.metadata.name),
    )
  const found = others.find((entry) => entry.metadata.name === near)
  return `${ref.kind} ${ref.name} does not exist${found ? ` (there is ${found.kind} ${found.metadata.name})` : ''}`
}

interface Step {
  object: KubeObject
  text: string | undefined
}

/** Certificate → CertificateRequest → Order → Challenge, the deepest first. */
function chainOf(snapshot: Snapshot, certificate: KubeObject): Step[] {
  const steps: Step[] = []
  const requests = snapshot.ownedBy(certificate).filter((object) => object.kind === 'CertificateRequest')
  const newest = [...requests].sort(
    (a, b) => Date.parse(b.metadata.creationTimestamp ?? '') - Date.parse(a.metadata.creationTimestamp ?? ''),
  )[0]
  if (!newest) return steps
  for (const order of snapshot.ownedBy(newest)) {
    for (const challenge of snapshot.ownedBy(order)) {
      if (challenge.kind === 'Challenge' && challenge.status?.state !== 'valid')
        steps.push({
          object: challenge,
          text: challenge.status?.reason
            ? `${challenge.spec?.type ?? ''} challenge for ${challenge.spec?.dnsName ?? ''} is ${challenge.status?.state ?? 'pending'}: ${challenge.status.reason}`
            : undefined,
        })
    }
    if (order.kind === 'Order' && order.status?.state !== 'valid')
      steps.push({
        object: order,
        text: order.status?.reason ? `${order.status.state}: ${order.status.reason}` : undefined,
      })
  }
  const ready = condition(newest, 'Ready')
  if (ready?.status === 'False') steps.push({ object: newest, text: ready.message })
  return steps
}
