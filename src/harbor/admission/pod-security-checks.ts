// The controls of the pod security standards, worded as the admission plugin words them.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/
import { type Json } from '../plain.ts'

function named(containers: Json[]): string {
  const names = containers.map((container) => `"${container.name}"`)
  return names.length === 1 ? `container ${names[0]}` : `containers ${names.join(', ')}`
}

const BASELINE_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

export function baseline(spec: Json, containers: Json[]): string[] {
  const faults: string[] = []
  const spaces = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field])
  if (spaces.length > 0) faults.push(`host namespaces (${spaces.map((field) => `${field}=true`).join(', ')})`)
  const added = containers.flatMap((container) =>
    (container.securityContext?.capabilities?.add ?? []).filter((name: string) => !BASELINE_CAPABILITIES.has(name)),
  )
  if (added.length > 0) {
    const who = containers.filter((item) =>
      (item.securityContext?.capabilities?.add ?? []).some((name: string) => added.includes(name)),
    )
    const list = [...new Set(added)].map((name) => `"${name}"`).join(', ')
    faults.push(`non-default capabilities (${named(who)} must not include ${list} in securityContext.capabilities.add)`)
  }
  const paths = (spec.volumes ?? []).filter((volume: Json) => volume.hostPath)
  if (paths.length > 0) {
    const names = paths.map((volume: Json) => `"${volume.name}"`).join(', ')
    faults.push(`hostPath volumes (${paths.length === 1 ? 'volume' : 'volumes'} ${names})`)
  }
  const ported = containers.filter((item) => (item.ports ?? []).some((port: Json) => port.hostPort))
  if (ported.length > 0) {
    const ports = ported.flatMap((item) => item.ports.flatMap((port: Json) => port.hostPort ?? []))
    faults.push(`hostPort (${named(ported)} uses ${ports.length === 1 ? 'hostPort' : 'hostPorts'} ${ports.join(', ')})`)
  }
  const privileged = containers.filter((item) => item.securityContext?.privileged)
  if (privileged.length > 0)
    faults.push(`privileged (${named(privileged)} must not set securityContext.privileged=true)`)
  return faults
}

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]
const PROFILES = ['RuntimeDefault', 'Localhost']

export function restricted(spec: Json, containers: Json[]): string[] {
  const faults: string[] = []
  const context = (container: Json) => container.securityContext ?? {}
  const escalating = containers.filter((item) => context(item).allowPrivilegeEscalation !== false)
  if (escalating.length > 0) {
    faults.push(
      `allowPrivilegeEscalation != false (${named(escalating)} must set securityContext.allowPrivilegeEscalation=false)`,
    )
  }
  const capable = containers.filter((item) => !(context(item).capabilities?.drop ?? []).includes('ALL'))
  if (capable.length > 0) {
    faults.push(`unrestricted capabilities (${named(capable)} must set securityContext.capabilities.drop=["ALL"])`)
  }
  const odd = (spec.volumes ?? []).filter((volume: Json) => !VOLUMES.some((type) => volume[type]))
  if (odd.length > 0) {
    const names = odd.map((volume: Json) => `"${volume.name}"`).join(', ')
    const types = odd.flatMap((volume: Json) => Object.keys(volume).filter((key) => key !== 'name'))
    faults.push(
      `restricted volume types (${odd.length === 1 ? 'volume' : 'volumes'} ${names} uses restricted volume type "${types[0]}")`,
    )
  }
  const rooted = containers.filter((item) => !(context(item).runAsNonRoot ?? spec.securityContext?.runAsNonRoot))
  if (rooted.length > 0)
    faults.push(`runAsNonRoot != true (pod or ${named(rooted)} must set securityContext.runAsNonRoot=true)`)
  const zero = containers.filter((item) => context(item).runAsUser === 0)
  if (zero.length > 0) faults.push(`runAsUser=0 (${named(zero)} must not set runAsUser=0)`)
  const open = containers.filter(
    (item) => !PROFILES.includes(context(item).seccompProfile?.type ?? spec.securityContext?.seccompProfile?.type),
  )
  if (open.length > 0) {
    faults.push(
      `seccompProfile (pod or ${named(open)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
    )
  }
  return faults
}
