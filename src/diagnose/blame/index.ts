// Every kind of log line and who explains it.
import type { LogKind } from '../look/logs.ts'
import { blameAuth } from './auth.ts'
import type { Blame, Suspect } from './blame.ts'
import { blameConfig } from './config.ts'
import { blameEnv } from './env.ts'
import { blameDisk, blameMissingFile, blamePermission } from './files.ts'
import { blameHeap } from './heap.ts'
import { blameHost } from './host.ts'
import { blameRbac } from './rbac.ts'
import { blameTls } from './tls.ts'

export type { Blame, Suspect } from './blame.ts'

/** Why the line is there, as deep as the snapshot tells. */
export function blame(suspect: Suspect): Blame {
  return BLAME[suspect.reason.kind](suspect)
}

const BLAME: Record<LogKind, (suspect: Suspect) => Blame> = {
  'env-missing': blameEnv,
  rbac: blameRbac,
  'disk-full': blameDisk,
  connection: blameHost,
  dns: blameHost,
  config: blameConfig,
  flag: blameConfig,
  'read-only': blamePermission,
  permission: blamePermission,
  'file-missing': blameMissingFile,
  auth: blameAuth,
  'not-granted': says(
    ({ reason }) =>
      `it is let in, but may not do there what it asks for${reason.subject ? ` (${reason.subject})` : ''}`,
    'Grant its user on the other side what the message names, and no more.',
  ),
  pool: says(
    () => 'its connection pool is exhausted: every connection is taken and none comes back in time',
    'Find what holds the connections (slow queries, leaks, too many replicas), then raise the pool or the limit of the database; a restart helps only for a while.',
  ),
  tls: blameTls,
  'cloud-denied': says(
    () => 'the cloud provider refuses its identity',
    'Check the role that its service account assumes, and grant what the message names.',
  ),
  migration: says(
    () => 'a database migration or its schema is wrong',
    'Repair the schema: finish or undo the failed migration before starting this version.',
  ),
  'runs-as-root': says(
    () => 'it refuses to run as root',
    'Set securityContext.runAsNonRoot and runAsUser to an unprivileged user in the pod template.',
  ),
  'data-corrupt': says(
    () => 'its data is damaged or of another version',
    'Take a copy of the volume first, then repair it or restore the last backup; do not delete anything before that.',
  ),
  'port-privileged': says(
    ({ reason, container }) =>
      `it may not listen on ${portText(reason.port ?? lowPortOf(container.spec))} as an unprivileged user`,
    'Listen on a port above 1023, or add the capability NET_BIND_SERVICE.',
  ),
  'port-in-use': says(
    ({ reason }) => `port ${reason.port ?? 'it wants'} is already in use in its pod or on its node`,
    'Give one of the two another port; with hostNetwork or hostPort only one pod per node can have it.',
  ),
  'exec-format': says(
    ({ pod }) =>
      `the program is built for another processor architecture than node ${pod.spec?.nodeName ?? 'it runs on'} has`,
    'Use an image built for that architecture (or a multi-arch one), or a nodeSelector on kubernetes.io/arch.',
  ),
  'command-missing': says(
    ({ reason }) => `the command ${reason.subject ?? 'it is told to run'} was not found in the image`,
    'Correct the command (a typo?), or use an image that contains it.',
  ),
  'module-missing': says(
    ({ reason }) => `${reason.subject ?? 'a module'} is missing in the image`,
    'Build the image with it, or go back to the image that had it.',
  ),
  'cpu-feature': says(
    () => 'the program needs processor features that the node does not have',
    'Run it on a newer node type, or use a build for older processors.',
  ),
  'app-memory': blameHeap,
  locked: says(
    () => 'something it needs is locked by another process',
    'Make sure that only one instance uses the data; remove a stale lock only when none does.',
  ),
  'watch-limit': says(
    ({ pod, reason }) =>
      `${reason.subject ? `the limit ${reason.subject} is too low` : 'a limit on open files or watches is reached'}${pod.spec?.nodeName ? ` on node ${pod.spec.nodeName}` : ''}`,
    ({ reason }) =>
      `Raise ${reason.subject ?? 'fs.inotify.max_user_instances, max_user_watches or the open-files limit'} of the node.`,
  ),
  'rate-limited': says(() => 'the other side limits its requests', 'Slow the client down or ask for a higher limit.'),
  license: says(
    () => 'its licence is missing, invalid or expired',
    'Install a valid licence where the application looks for it.',
  ),
}

/** Troubles that need no look at the cluster: the words, and the line that says so. */
function says(
  cause: (suspect: Suspect) => string,
  remedy: string | ((suspect: Suspect) => string),
): (suspect: Suspect) => Blame {
  return (suspect) => ({
    cause: `${cause(suspect)}: "${suspect.reason.line}"`,
    remedy: typeof remedy === 'string' ? remedy : remedy(suspect),
  })
}

function portText(port: number | undefined): string {
  return port === undefined ? 'a port below 1024' : `port ${port}`
}

// biome-ignore lint/suspicious/noExplicitAny: a container's spec as the API prints it
function lowPortOf(spec: any): number | undefined {
  const ports: { containerPort?: unknown }[] = Array.isArray(spec?.ports) ? spec.ports : []
  return ports.map((entry) => Number(entry?.containerPort)).find((port) => port > 0 && port < 1024)
}
