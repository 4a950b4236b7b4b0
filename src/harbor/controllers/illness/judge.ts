// How a container will behave: by annotation, by what its signature is known for, or like any healthy program.
import type { KubeObject } from '../../../objects/object.ts'
import { parseQuantity } from '../../../objects/quantity.ts'
import type { World } from '../../world.ts'
import { isAllowed } from './access.ts'
import { type Book, bookOf, type Cause, healthKey, type Illness } from './book.ts'
import type { Course } from './course.ts'
import { hasReadyEndpoints } from './evidence.ts'
import { hintedCourse } from './hints.ts'
import { pullProblem } from './image.ts'
import { egressText, egressTo } from './network.ts'
import { programCourse } from './program.ts'
import { type ConfigRef, configText, type Signature, signatureOf } from './signature.ts'

// a memory limit has to grow by this much to be more than a cosmetic change
const ENOUGH_MEMORY = 1.25
const JOB_MS = 1000

/** Judged anew at every start, so that a changed ConfigMap or a recovered database heals at the next restart. */
export function courseOf(world: World, pod: KubeObject, container: KubeObject['spec'], init: boolean): Course {
  const hinted = hintedCourse(world, pod, container.name, init)
  const decided = hinted && (hinted.exit || hinted.pull || hinted.stuck || hinted.liveness || hinted.unready)
  if (decided) return hinted
  return { ...judged(world, pod, container, init), ...hinted }
}

function judged(world: World, pod: KubeObject, container: KubeObject['spec'], init: boolean): Course {
  const book = bookOf(world)
  const problem = pullProblem(book.images, String(container.image ?? ''))
  if (problem) return { pull: problem }
  const known = book.illnesses.length > 0 || book.healthy.size > 0
  const signature = known ? signatureOf(world, pod, container.name) : undefined
  if (signature) {
    const ill = illnessOf(world, book, pod, signature)
    if (ill) return ill.course
    const healthy = book.healthy.get(healthKey(signature))
    if (healthy) return healthy
  }
  return programCourse(container) ?? ordinary(pod, container, init)
}

function ordinary(pod: KubeObject, container: KubeObject['spec'], init: boolean): Course {
  const sidecar = init && container.restartPolicy === 'Always'
  const done = { code: 0, reason: 'Completed' }
  if (init && !sidecar) return { exit: { ...done, afterMs: 300 } }
  const ofJob = pod.metadata.ownerReferences?.some(({ kind }) => kind === 'Job')
  return ofJob && !sidecar && !init ? { exit: { ...done, afterMs: JOB_MS } } : {}
}

function illnessOf(world: World, book: Book, pod: KubeObject, signature: Signature): Illness | undefined {
  const near = book.illnesses.filter(
    ({ signature: ill }) =>
      ill.namespace === signature.namespace &&
      ill.container === signature.container &&
      (ill.workload === signature.workload || ill.text === signature.text),
  )
  const same = near.find(({ signature: ill }) => ill.text === signature.text && ill.workload === signature.workload)
  if (!same && book.healthy.has(healthKey(signature))) return undefined
  // the illness of this very signature decides; else the newest one of the workload that the change does not heal
  const asked = same ? [same] : near.reverse()
  return asked.find((illness) => !isHealed(world, book, pod, signature, illness))
}

function isHealed(world: World, book: Book, pod: KubeObject, signature: Signature, illness: Illness): boolean {
  if (ranWellWith(book, signature, illness)) return true
  return illness.causes.some((cause) => heals(world, pod, signature, illness, cause))
}

/** Another image that the workload has run well with before. */
function ranWellWith(book: Book, signature: Signature, illness: Illness): boolean {
  if (signature.image === illness.signature.image || illness.causes.some(({ kind }) => kind === 'memory')) return false
  const prefix = `${signature.workload}|`
  const image = `"image":${JSON.stringify(signature.image)}`
  return [...book.healthy.keys()].some((key) => key.startsWith(prefix) && key.includes(image))
}

function heals(world: World, pod: KubeObject, now: Signature, illness: Illness, cause: Cause): boolean {
  const then = illness.signature
  const changed = (...parts: (keyof Signature['parts'])[]) => parts.some((part) => now.parts[part] !== then.parts[part])
  const configChanged = () => configText(world, now.namespace, now.config) !== illness.config
  switch (cause.kind) {
    case 'image':
      // whether the new image exists was asked before
      return changed('image')
    case 'pull-access':
      return changed('image') || pullSecretsText(world, now) !== illness.circumstances.get('pull-access')
    case 'variables':
      return cause.names.every((name) => isSupplied(world, now, illness, name))
    case 'config':
      return configChanged() || changed('env', 'command', 'mounts')
    case 'memory':
      return (parseQuantity(now.memoryLimit) ?? Number.POSITIVE_INFINITY) >= cause.limit * ENOUGH_MEMORY
    case 'command':
      return changed('command', 'image')
    case 'probe':
      return isRightProbe(now, then, cause.probe)
    case 'services': {
      const back = cause.services.length > 0 && cause.services.every((service) => hasReadyEndpoints(world, service))
      return back || changed('env', 'command') || configChanged()
    }
    case 'network':
      return egressTo(world, pod, 53) && egressText(world, pod) !== illness.circumstances.get('network')
    case 'permission':
      return isAllowed(world, cause) || (now.serviceAccount !== then.serviceAccount && isAllowedAs(world, cause, now))
    case 'security':
      return changed('security', 'mounts')
    case 'storage':
      return storageOf(world, now) > Number(illness.circumstances.get('storage') ?? 0)
    case 'unknown':
      return changed('image', 'command', 'env', 'resources', 'security', 'mounts') || configChanged()
  }
}

function isAllowedAs(world: World, cause: Extract<Cause, { kind: 'permission' }>, now: Signature): boolean {
  return isAllowed(world, { ...cause, user: `system:serviceaccount:${now.namespace}:${now.serviceAccount}` })
}

/** The variable has a value now, and another one than when the container was ill. */
function isSupplied(world: World, now: Signature, illness: Illness, name: string): boolean {
  const value = now.env.get(name)
  const before = illness.signature.env.get(name)
  if (value !== undefined && value !== '') {
    const looksUp = value.startsWith('{')
    return value !== before || (looksUp && configText(world, now.namespace, now.config) !== illness.config)
  }
  const supplied = now.envFrom.some((ref) => hasKey(world, now.namespace, ref, name))
  return supplied && (before === undefined || before === '')
    ? now.parts.env !== illness.signature.parts.env || configText(world, now.namespace, now.config) !== illness.config
    : false
}

function hasKey(world: World, namespace: string, { kind, name }: ConfigRef, key: string): boolean {
  const data = world.find(kind, namespace, name)?.data
  return !!data && Object.hasOwn(data, key)
}

function isRightProbe(now: Signature, then: Signature, which: 'readiness' | 'liveness'): boolean {
  if (now.parts[which] === then.parts[which]) return false
  const probe = now.probes[which]
  const failed = then.probes[which]
  if (!probe) return true
  if (probe.port === failed?.port && probe.path === failed?.path) return false
  // a port the container does not declare is as wrong as the one before
  return probe.port === undefined || now.ports.length === 0 || isDeclared(now, probe.port)
}

function isDeclared({ ports }: Signature, port: number | string): boolean {
  return ports.some((declared) => String(declared) === String(port))
}

/** Which of the pull secrets in question exist, as one text. */
export function pullSecretsText(world: World, signature: Signature): string {
  const account = world.find('ServiceAccount', signature.namespace, signature.serviceAccount)
  const names: string[] = [
    ...signature.pullSecrets,
    ...(account?.imagePullSecrets ?? []).map(({ name }: { name: string }) => name),
  ]
  const found = names.filter((name) => world.find('Secret', signature.namespace, name))
  return JSON.stringify([...new Set(found)].sort())
}

/** Bytes that the container's claims ask for. */
export function storageOf(world: World, signature: Signature): number {
  return signature.claims.reduce((sum, name) => {
    const claim = world.find('PersistentVolumeClaim', signature.namespace, name)
    return sum + (parseQuantity(claim?.status?.capacity?.storage ?? claim?.spec?.resources?.requests?.storage) ?? 0)
  }, 0)
}
