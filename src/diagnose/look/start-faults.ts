// What container runtimes say when they cannot start a container, and what it means.
import type { KubeObject } from '../../objects/object.ts'
import type { Container } from './pods.ts'

export interface StartFault {
  cause: string
  remedy: string
}

interface Row {
  said: RegExp
  cause: (found: Record<string, string | undefined>, container: Container, pod: KubeObject) => string
  remedy: string
}

const ROWS: Row[] = [
  {
    said: /exec:? "(?<what>[^"]{1,200})":? (?:executable file not found|stat [^:]{1,200}: no such file)|stat (?<path>\/[^:\s]{1,200}): no such file or directory/,
    cause: ({ what, path }, container) => `the command "${what ?? path}" does not exist in image ${container.image}`,
    remedy: 'Correct command or args (a typo?), or use an image that contains the program.',
  },
  {
    said: /exec:? "(?<what>[^"]{1,200})":? permission denied/,
    cause: ({ what }) =>
      `the command "${what}" may not be executed (permission denied): it is no executable file in the image`,
    remedy: 'Make the file executable in the image, or run it through its interpreter (for example sh script.sh).',
  },
  {
    said: /exec format error/,
    cause: (_found, container, pod) =>
      `image ${container.image} is built for another processor architecture than node ${pod.spec?.nodeName ?? 'it runs on'} has (exec format error)`,
    remedy: 'Use an image built for that architecture, or a nodeSelector on kubernetes.io/arch.',
  },
  {
    said: /exec:? "(?<what>[^"]{1,200})":? is a directory/,
    cause: ({ what }) => `the command "${what}" is a directory`,
    remedy: 'Name a program in command.',
  },
  {
    said: /not a directory|mount a directory onto a file|mounting "[^"]{1,300}" to rootfs at "(?<path>[^"]{1,200})"/i,
    cause: ({ path }, container) =>
      `a volume cannot be mounted${path ? ` at ${path}` : subPaths(container)}: one side is a file and the other a directory (subPath)`,
    remedy:
      'Check mountPath and subPath: subPath must name an existing key, and mountPath of a single file must be a file.',
  },
  {
    said: /failed to (?:prepare|create) subPath|subpath/i,
    cause: (_found, container) => `the subPath of a volume mount cannot be prepared${subPaths(container)}`,
    remedy: 'Correct the subPath: it must lie inside the volume and be a folder or file the kubelet may make.',
  },
  {
    said: /runAsNonRoot and image will run as root/,
    cause: (_found, container) => `runAsNonRoot is true, but image ${container.image} runs as root`,
    remedy: 'Set runAsUser to a user other than 0, or use an image with an unprivileged user.',
  },
  {
    said: /non-numeric user \((?<user>[^)]{1,60})\), cannot verify user is non-root/,
    cause: ({ user }, container) =>
      `runAsNonRoot is true, and image ${container.image} names its user "${user}" by name, which the kubelet cannot verify`,
    remedy: 'Set runAsUser to the number of that user.',
  },
  {
    said: /unable to find user (?<user>[^:\s]{1,60})|no matching entries in passwd file/,
    cause: ({ user }, container) => `user ${user ?? 'it should run as'} does not exist in image ${container.image}`,
    remedy: 'Use a numeric runAsUser, or a user that the image has.',
  },
  {
    said: /chdir to cwd \("?(?<path>[^")]{1,200})"?\)|no such file or directory: .{0,60}working directory/,
    cause: ({ path }) => `the working directory ${path ?? ''} does not exist in the image`,
    remedy: 'Correct workingDir.',
  },
  {
    said: /no command specified/i,
    cause: (_found, container) => `image ${container.image} has no command of its own, and the pod template gives none`,
    remedy: 'Set command in the pod template.',
  },
  {
    said: /no runtime for "?(?<handler>[^"\s]{1,60})|runtime handler .{0,60}not (?:found|supported)/i,
    cause: ({ handler }) => `the node has no container runtime "${handler ?? ''}" that the RuntimeClass asks for`,
    remedy: 'Use nodes that have this runtime, or another runtimeClassName.',
  },
  {
    said: /apparmor|seccomp|selinux/i,
    cause: () =>
      'a security profile (AppArmor, seccomp or SELinux) that the pod asks for cannot be applied on its node',
    remedy: 'Install the profile on the nodes, or correct its name in the security context.',
  },
  {
    said: /minimum memory limit|memory\.limit_in_bytes|container init was OOM-killed|memory limit too low/i,
    cause: (_found, container) =>
      `its memory limit of ${container.spec?.resources?.limits?.memory ?? 'the container'} is too small even to start it`,
    remedy: 'Raise the memory limit.',
  },
  {
    said: /postStart|PostStartHook/i,
    cause: () => 'its postStart hook fails, and the kubelet kills the container for that',
    remedy: 'Correct the command of lifecycle.postStart.',
  },
  {
    said: /invalid (?:environment variable|env)/i,
    cause: () => 'a variable of its environment has an invalid name',
    remedy: 'Correct the name in env or the keys of the object that envFrom takes.',
  },
  {
    said: /is reserved for|already in use by container|name conflict/i,
    cause: () => 'the runtime still holds an earlier container of the same name',
    remedy: 'It mostly clears up; otherwise the runtime of that node needs a restart.',
  },
  {
    said: /read-only file system/i,
    cause: () => 'the runtime cannot make a mount point on a read-only file system',
    remedy: 'Do not mount below a path that is itself mounted read-only.',
  },
  {
    said: /permission denied|operation not permitted/i,
    cause: () => 'the runtime is not permitted to start it as asked',
    remedy: 'Check the security context and the permissions of the command and mounts.',
  },
]

export function startFault(said: string, pod: KubeObject, container: Container): StartFault {
  for (const { said: form, cause, remedy } of ROWS) {
    const found = form.exec(said)
    if (found) return { cause: `${cause(found.groups ?? {}, container, pod)}: "${said}"`, remedy }
  }
  return {
    cause: said ? `the runtime says: "${said}"` : 'the runtime does not say why',
    remedy: 'Check command, mounts and security context of the container against its image.',
  }
}

function subPaths(container: Container): string {
  // biome-ignore lint/suspicious/noExplicitAny: mounts as the API prints them
  const mounts: any[] = Array.isArray(container.spec?.volumeMounts) ? container.spec.volumeMounts : []
  const named = mounts.filter((mount) => mount?.subPath).map((mount) => `${mount.mountPath} (subPath ${mount.subPath})`)
  return named.length > 0 ? ` at ${named.slice(0, 3).join(', ')}` : ''
}
