// Images that cannot be pulled: wrong tag, missing or wrong pull secret, wrong architecture, registry down or limiting.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type SickGroup, sickGroups } from '../look/ailments.ts'
import { eventsAbout, messageText } from '../look/events.ts'
import { resolveHost } from '../look/hosts.ts'
import { imageOf, otherTags, pullSecretsOf } from '../look/images.ts'
import { nearest } from '../look/names.ts'
import { refsOf } from '../look/pods.ts'
import { recentChange, rollbackOf } from '../look/revisions.ts'
import { podsOfGroup, severityOf, sinceOf } from '../look/sick.ts'
import { evidence, oneLine, restartText, some } from '../look/words.ts'

export const imagePull: Check = {
  name: 'image-pull',
  title: 'An image cannot be pulled',
  why: 'The container never starts; a new revision hangs, and a pod that moves to another node does not come back.',
  fix: 'Correct the tag, the pull secret or the registry that the finding names; roll back if the previous image was fine.',
  reads: [
    'Pod',
    'ReplicaSet',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ControllerRevision',
    'Secret',
    'ServiceAccount',
    'Node',
    'Event',
  ],
  run: (snapshot) => sickGroups(snapshot, 'image').flatMap((group) => draftOf(snapshot, group)),
}

interface Verdict {
  cause: string
  remedy: string
  /** the missing or wrong pull secret */
  object?: ObjectRef
  dueTo?: ObjectRef[]
  /** the image itself is wrong, so that going back helps */
  image?: boolean
}

function draftOf(snapshot: Snapshot, group: SickGroup): Draft[] {
  const { workload, sick } = group
  const [first] = sick
  if (!first) return []
  const { pod, container } = first
  const said = pullMessage(snapshot, pod, container.waiting?.message)
  const verdict = judge(snapshot, pod, container.image, container.waiting?.reason ?? '', said)
  const change = recentChange(snapshot, workload, pod)
  const changed = change?.changes.some(
    ({ path, words }) => path === 'image' || /imagePullSecrets|serviceAccount/.test(words),
  )
    ? change
    : undefined
  const back = changed && rollbackOf(workload, changed)
  const since = sinceOf(snapshot, sick)
  const before = changed ? imageBefore(changed.from.template, container.name) : undefined
  return [
    {
      severity: severityOf(workload),
      depth: verdict.object ? 'cause' : 'state',
      object: verdict.object ?? refOf(workload),
      summary: `${verdict.object ? `${workload.metadata.name}: ` : ''}${podsOfGroup(snapshot, group)} cannot pull image ${container.image}${restartText(snapshot, since, 0)}`,
      cause: verdict.cause,
      ...(changed ? { changed: changed.words } : {}),
      evidence: [
        evidence('status', pod, `${container.waiting?.reason}: ${said}`),
        ...(changed ? [evidence('spec', changed.to.object, `Changed: ${changed.words}`)] : []),
        ...(before && before !== container.image
          ? [evidence('spec', changed?.from.object ?? workload, `the previous revision ran ${before}`)]
          : []),
      ],
      remedy: `${verdict.remedy}${back && changed && verdict.image ? ` Or roll back to revision ${changed.from.number}, whose image ${before ?? ''} worked.` : ''}`,
      ...(back && verdict.image ? { action: back } : {}),
      ...(since ? { since } : {}),
      pods: refsOf(group.pods),
      dueTo: verdict.dueTo ?? [],
      ...(verdict.object ? { explains: [refOf(workload), ...refsOf(group.pods)] } : {}),
    },
  ]
}

/** The kubelet's back-off message repeats the error since 1.33; before, only the event had it. */
function pullMessage(snapshot: Snapshot, pod: KubeObject, waiting: string | undefined): string {
  if (waiting && /ErrImagePull:|rpc error|failed to|denied|not found/i.test(waiting)) return oneLine(waiting, 500)
  const [event] = eventsAbout(snapshot, pod, {
    reason: ['Failed', 'InspectFailed', 'ErrImageNeverPull'],
    message: /Failed to pull|rpc error|inspect|never pull/i,
  })
  return oneLine(event ? messageText(event) : (waiting ?? ''), 500)
}

function imageBefore(template: KubeObject | undefined, name: string): string | undefined {
  const all = [...(template?.spec?.containers ?? []), ...(template?.spec?.initContainers ?? [])]
  return all.find((container: { name?: string }) => container?.name === name)?.image
}

function judge(snapshot: Snapshot, pod: KubeObject, image: string, reason: string, said: string): Verdict {
  const { registry, tag, repository } = imageOf(image)
  if (reason === 'InvalidImageName' || /invalid reference format|couldn't parse image/i.test(said)) {
    return {
      cause: `"${image}" is no valid image name`,
      remedy: 'Correct the image name: lower-case repository, then :tag or @digest.',
      image: true,
    }
  }
  if (reason === 'ErrImageNeverPull') {
    return {
      cause: `imagePullPolicy is Never, and ${image} is not on node ${pod.spec?.nodeName ?? 'it runs on'}`,
      remedy: 'Load the image onto the node, or set imagePullPolicy to IfNotPresent.',
    }
  }
  if (
    /no match for platform|no matching manifest|does not match the (?:specified|expected|detected host) platform|unsupported platform/i.test(
      said,
    )
  ) {
    const node = snapshot.get('Node', undefined, pod.spec?.nodeName ?? '')
    const arch = node?.status?.nodeInfo?.architecture ?? node?.metadata.labels?.['kubernetes.io/arch']
    return {
      cause: `${image} has no build for the processor architecture${arch ? ` ${arch}` : ''} of node ${pod.spec?.nodeName}: "${said}"`,
      remedy: `Use a multi-arch image, or select nodes whose kubernetes.io/arch the image is built for.`,
      image: true,
    }
  }
  if (/toomanyrequests|\b429\b|rate limit/i.test(said)) {
    return {
      cause: `registry ${registry} limits pulls (429 Too Many Requests): "${said}"`,
      remedy: `Pull with a login (an imagePullSecret), through a mirror, or wait until the limit is over.`,
    }
  }
  if (/no space left on device/i.test(said)) {
    const node = String(pod.spec?.nodeName ?? '')
    return {
      cause: `node ${node} has no disk space left for the image: "${said}"`,
      remedy: `Free disk space on node ${node}.`,
      dueTo: [{ apiVersion: 'v1', kind: 'Node', name: node }],
    }
  }
  if (
    /signature|cosign|policy.{0,20}(?:reject|denied)|untrusted/i.test(said) ||
    reason === 'SignatureValidationFailed'
  ) {
    return {
      cause: `the signature of ${image} is not accepted: "${said}"`,
      remedy: 'Use an image signed by whom the policy trusts.',
      image: true,
    }
  }
  const secret = pullSecretTrouble(snapshot, pod, registry, said)
  if (secret) return secret
  if (/x509|certificate|tls:/i.test(said)) {
    return {
      cause: `registry ${registry} has a certificate that ${/expired/i.test(said) ? 'has expired' : 'the node does not trust'}: "${said}"`,
      remedy: /expired/i.test(said)
        ? `Renew the certificate of ${registry}.`
        : `Trust the authority of ${registry} on the nodes, or give it a certificate of one they know.`,
    }
  }
  if (
    /not found|manifest unknown|manifest for .{1,300} not found|name unknown|does not exist|NotFound|404/i.test(said) &&
    !UNAUTHORIZED.test(said)
  ) {
    const others = otherTags(snapshot, image)
    const near = nearest(image, others)
    return {
      cause: `image ${image} does not exist: registry ${registry} knows no ${tag.startsWith('sha256:') ? 'digest' : 'tag'} ${tag} of ${repository}: "${said}"`,
      remedy: `Correct the tag${others.length > 0 ? ` (in use here: ${near ?? some(others)})` : ''}, or push ${tag}.`,
      image: true,
    }
  }
  if (UNREACHABLE.test(said)) {
    const host = resolveHost(snapshot, registry.split(':')[0] ?? '', pod.metadata.namespace ?? '')
    const lookup = /lookup|no such host|server misbehaving/i.test(said) ? ': its name cannot be resolved' : ''
    return {
      cause: `registry ${registry} cannot be reached${lookup}: "${said}"`,
      remedy: `Check the name of the registry and whether nodes can reach it; the image itself may be fine.`,
      dueTo: host?.object ? [refOf(host.object)] : [],
    }
  }
  return {
    cause: said ? `the pull fails: "${said}"` : 'the kubelet does not say why the pull fails',
    remedy: `Check ${image} and its registry.`,
    image: true,
  }
}

const UNAUTHORIZED =
  /unauthorized|\b401\b|\b403\b|forbidden|denied|authorization failed|no basic auth|authentication required|failed to authorize|insufficient_scope/i
const UNREACHABLE =
  /dial tcp|i\/o timeout|no such host|connection refused|connection reset|TLS handshake timeout|context deadline exceeded|Client\.Timeout|\bEOF\b|\b50[0-4]\b|server misbehaving|network is unreachable|no route to host|bad gateway|unavailable/i

/** Missing secrets are a cause of their own; a refused login with all secrets present means a wrong or absent one. */
function pullSecretTrouble(snapshot: Snapshot, pod: KubeObject, registry: string, said: string): Verdict | undefined {
  if (!UNAUTHORIZED.test(said)) return undefined
  const namespace = pod.metadata.namespace
  const names = pullSecretsOf(snapshot, pod)
  const refusal = `registry ${registry} refuses the pull: "${said}"`
  const secrets = snapshot.list('Secret', namespace ?? '')
  const missing = snapshot.wasRead('Secret')
    ? names.find((name) => !snapshot.get('Secret', namespace, name))
    : undefined
  if (missing) {
    const near = nearest(
      missing,
      secrets.map((secret) => secret.metadata.name),
    )
    return {
      cause: `imagePullSecret ${missing} does not exist in namespace ${namespace}${near ? ` (nearest: ${near})` : ''}, so ${refusal}`,
      remedy: near
        ? `Use ${near} as imagePullSecret, or create Secret ${missing}.`
        : `Create Secret ${missing} of type kubernetes.io/dockerconfigjson with a login for ${registry}.`,
      object: { apiVersion: 'v1', kind: 'Secret', ...(namespace ? { namespace } : {}), name: missing },
    }
  }
  if (names.length === 0) {
    const fitting = secrets.find((secret) => secret.type === 'kubernetes.io/dockerconfigjson')
    return {
      cause: `no imagePullSecret is set for ${registry}: ${refusal}`,
      remedy: fitting
        ? `Add imagePullSecret ${fitting.metadata.name} to the pod template or its service account, if the image is meant to be private; otherwise check that the repository exists.`
        : `Create a pull secret for ${registry} and name it in imagePullSecrets; check also that the repository exists.`,
      image: true,
    }
  }
  const found = names.flatMap((name) => snapshot.get('Secret', namespace, name) ?? [])
  const wrongType = found.find((secret) => secret.type !== undefined && !/dockerc/.test(secret.type))
  if (wrongType) {
    return {
      cause: `imagePullSecret ${wrongType.metadata.name} is of type ${wrongType.type}, not kubernetes.io/dockerconfigjson: ${refusal}`,
      remedy: `Create ${wrongType.metadata.name} anew as a docker-registry secret.`,
    }
  }
  return {
    cause: `the login in imagePullSecret ${some(names)} is not accepted for this image: ${refusal}`,
    remedy: `Renew the login in ${some(names)}, or grant it access to the repository; check also that the image name is right.`,
    image: true,
  }
}
