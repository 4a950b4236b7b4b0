// Blame for files: a full volume, a path that may not be read or written, a file that is not there.
import { refOf } from '../../objects/object.ts'
import { keysOf } from '../look/env.ts'
import { mountAt, mountsOf } from '../look/mounts.ts'
import { nearest } from '../look/names.ts'
import { evidence } from '../look/words.ts'
import type { Blame, Suspect } from './blame.ts'

const PATH = /(?:^|[\s"'`(:=[])(\/[\w.@+%/-]{2,200})/g

export function blameDisk({ pod, container, reason }: Suspect): Blame {
  const text = reason.lines.concat(reason.line).join('\n')
  const paths = [...text.matchAll(PATH)].map((match) => match[1] ?? '')
  const mounts = mountsOf(pod, container)
  const writable = mounts.filter((mount) => !mount.readOnly)
  const mount =
    paths.map((path) => mountAt(pod, container, path)).find((found) => found && !found.readOnly) ??
    writable.find((entry) => entry.source === 'PersistentVolumeClaim')
  if (mount?.source === 'PersistentVolumeClaim' && mount.ref) {
    return {
      cause: `its data volume is full: no space left on PersistentVolumeClaim ${mount.ref.name}, mounted at ${mount.path}: "${reason.line}"`,
      remedy: `Make room on the volume or enlarge PersistentVolumeClaim ${mount.ref.name}; a restart frees nothing.`,
      dueTo: [mount.ref],
      outside: true,
    }
  }
  if (mount?.source === 'emptyDir') {
    const limit = mount.sizeLimit ? `, limited to ${mount.sizeLimit}` : ''
    return {
      cause: `no space left on emptyDir ${mount.volume}${limit}, mounted at ${mount.path}: "${reason.line}"`,
      remedy: `Raise the sizeLimit of emptyDir ${mount.volume}, write less there, or use a PersistentVolumeClaim.`,
    }
  }
  const node = pod.spec?.nodeName
  return {
    cause: `the disk it writes to is full (no space left on device), and that is no volume of its own, so it is the node's${node ? ` (${node})` : ''}: "${reason.line}"`,
    remedy: `Look at the disk of node ${node ?? 'it runs on'}, or give the container a volume for what it writes.`,
    ...(node ? { dueTo: [{ apiVersion: 'v1', kind: 'Node', name: node }] } : {}),
    outside: true,
  }
}

export function blamePermission({ pod, container, reason, workload }: Suspect): Blame {
  const path = reason.subject?.startsWith('/') ? reason.subject : undefined
  const mount = path ? mountAt(pod, container, path) : undefined
  const security = { ...pod.spec?.securityContext, ...container.spec?.securityContext }
  const user = security.runAsUser === undefined ? 'the user of its image' : `user ${security.runAsUser}`
  const said = `"${reason.line}"`
  const where = mount?.ref
    ? ` on ${mount.ref.kind} ${mount.ref.name}`
    : mount
      ? ` on ${mount.source} ${mount.volume}`
      : ''
  if (
    reason.kind === 'read-only' ||
    (security.readOnlyRootFilesystem === true && !mount && /writ|creat|mkdir|open/i.test(reason.line))
  ) {
    return {
      cause: `${path ?? 'what it writes to'} is read-only${mount?.readOnly ? ` (mounted read-only${where})` : security.readOnlyRootFilesystem ? ' (readOnlyRootFilesystem is true)' : ''}: ${said}`,
      remedy: mount?.readOnly
        ? `Mount it writable, or let the application write elsewhere.`
        : `Mount an emptyDir ${path ? `over the folder of ${path}` : 'where it writes'}.`,
    }
  }
  const group = security.fsGroup === undefined ? ', and no fsGroup is set' : ''
  const mode = mount?.source === 'Secret' || mount?.source === 'ConfigMap' ? '; its defaultMode may be too strict' : ''
  return {
    cause: `it may not use ${path ?? 'a file it needs'}${where} as ${user}${group && mount ? group : ''}${mode}: ${said}`,
    remedy: mount
      ? `Set securityContext.fsGroup (or the volume's defaultMode) in ${workload.kind} ${workload.metadata.name} so that ${user} may use ${path}.`
      : `Run it as a user that may use ${path ?? 'the file'}, or change the file's mode in the image.`,
    ...(mount?.ref
      ? { evidence: [evidence('spec', refOf(pod), `${mount.path} is ${mount.ref.kind} ${mount.ref.name}`)] }
      : {}),
  }
}

const NO_TOKEN = /Service token file does not exist|unable to load in-cluster configuration/i
const TOKEN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

export function blameMissingFile({ snapshot, pod, container, reason, workload }: Suspect): Blame {
  const path = reason.subject?.includes('/') ? reason.subject : undefined
  const mount = path ? mountAt(pod, container, path) : undefined
  const said = `"${reason.line}"`
  if (path?.startsWith(TOKEN_FOLDER) || NO_TOKEN.test(reason.line)) {
    return {
      cause: `it has no service account token: automountServiceAccountToken is ${pod.spec?.automountServiceAccountToken === false ? 'false in the pod template' : 'false, or the token was not mounted'}: ${said}`,
      remedy: `Set automountServiceAccountToken to true in ${workload.kind} ${workload.metadata.name} if it needs the API, or configure it not to use the API.`,
    }
  }
  if (mount?.subPath && /is a directory|EISDIR/i.test(reason.line)) {
    return {
      cause: `${mount.path} is a folder: its subPath ${mount.subPath} is no key of ${mount.ref ? `${mount.ref.kind} ${mount.ref.name}` : `volume ${mount.volume}`}, so the kubelet made an empty folder of that name: ${said}`,
      remedy: `Correct subPath ${mount.subPath} in ${workload.kind} ${workload.metadata.name}, or add that key.`,
      ...(mount.ref ? { dueTo: [mount.ref] } : {}),
    }
  }
  if (path && mount?.ref && (mount.source === 'ConfigMap' || mount.source === 'Secret')) {
    const keys = Object.keys(keysOf(snapshot.find(mount.ref)))
    const file = path.slice(mount.path.length).replace(/^\//, '')
    const near = nearest(file, keys)
    return {
      cause: `${path} does not exist: ${mount.ref.kind} ${mount.ref.name}, mounted at ${mount.path}, has no key ${file}${near ? ` (nearest: ${near})` : keys.length > 0 ? `, only ${keys.slice(0, 5).join(', ')}` : ''}: ${said}`,
      remedy: `Add key ${file} to ${mount.ref.kind} ${mount.ref.name}, or correct the path in ${workload.kind} ${workload.metadata.name}.`,
      evidence: [evidence('spec', mount.ref, `keys: ${keys.slice(0, 10).join(', ') || 'none'}`)],
      dueTo: [mount.ref],
    }
  }
  return {
    cause: `${path ? `file ${path}` : 'a file it needs'} does not exist in the container${mount ? ` (${mount.path} is ${mount.source} ${mount.ref?.name ?? mount.volume})` : ''}: ${said}`,
    remedy: `Correct the path, or provide ${path ?? 'the file'} by the image or a volume.`,
  }
}
