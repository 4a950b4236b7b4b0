// Secrets that a CSI secret store should mount and cannot: no such SecretProviderClass, no such secret there, no right to read it.
import { refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type SickGroup, sickGroups } from '../look/ailments.ts'
import { eventsAbout, messageText } from '../look/events.ts'
import { refsOf } from '../look/pods.ts'
import { podsOfGroup, sinceOf } from '../look/sick.ts'
import { evidence, oneLine, restartText } from '../look/words.ts'

export const secretStore: Check = {
  name: 'secret-store',
  title: 'A secret store cannot give a pod its secrets',
  why: 'The pod hangs in ContainerCreating until the store mounts what its SecretProviderClass names.',
  fix: 'Create or correct the SecretProviderClass, and give the identity of the pod the right to read the secrets.',
  reads: ['Pod', 'Event', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet'],
  run: (snapshot) => sickGroups(snapshot, 'creating').flatMap((group) => draftOf(snapshot, group)),
}

const STORE = /secretproviderclass|secrets-store|secrets store|vault/i
const NO_CLASS =
  /SecretProviderClass\S{0,80} "(?<name>[\w.-]{1,253})" not found|failed to get secretproviderclass (?<path>[\w./-]{1,253})/i
const DENIED = /permission denied|forbidden|\b403\b|AccessDenied|not authorized|Unauthorized|\b401\b/i

function draftOf(snapshot: Snapshot, group: SickGroup): Draft[] {
  const { workload, sick } = group
  const [first] = sick
  if (!first) return []
  const [event] = eventsAbout(snapshot, first.pod, { reason: 'FailedMount', message: STORE, withinMs: 30 * 60_000 })
  if (!event) return []
  const said = oneLine(messageText(event), 400)
  const missing = NO_CLASS.exec(said)?.groups
  const name = missing?.name ?? missing?.path
  const why = name
    ? `there is no SecretProviderClass ${name}`
    : DENIED.test(said)
      ? 'the secret store does not let the identity of the pod read the secret'
      : 'the secret store does not give what its SecretProviderClass names'
  const since = sinceOf(snapshot, sick)
  return [
    {
      severity: 'critical',
      depth: 'cause',
      object: refOf(workload),
      summary: `${podsOfGroup(snapshot, group)} waiting for secrets of a secret store${restartText(snapshot, since, 0)}`,
      cause: `${why}: "${said}"`,
      evidence: [evidence('event', first.pod, `FailedMount: ${said}`)],
      remedy: name
        ? `Create SecretProviderClass ${name}, or correct its name in ${workload.kind} ${workload.metadata.name}.`
        : 'Check the secret in the store, the SecretProviderClass, and the rights of the service account.',
      ...(since ? { since } : {}),
      pods: refsOf(group.pods),
    },
  ]
}
