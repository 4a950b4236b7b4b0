// Revisions of a snapshot that have no pods any more: which of them were well.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import { isFinished } from '../pods.ts'
import { type Book, type Cause, healthKey } from './book.ts'
import { fullReference, isNotFound } from './image.ts'
import { type Signature, signatureIn, workloadOf } from './signature.ts'

/** Earlier revisions without pods are taken to have been well, unless what is ill now would be ill there too. */
export function rememberRevision(world: World, book: Book, revision: KubeObject): void {
  const template = revision.kind === 'ReplicaSet' ? revision.spec?.template : revision.data?.spec?.template
  const namespace = revision.metadata.namespace ?? ''
  if (!template?.spec) return
  const hasPods = world.ownedBy(revision.metadata.uid ?? '').some((pod) => pod.kind === 'Pod' && !isFinished(pod))
  if (revision.kind === 'ReplicaSet' && (hasPods || (revision.spec?.replicas ?? 0) > 0)) return
  const probe = { ...revision, kind: 'Pod', metadata: { ...revision.metadata }, spec: template.spec }
  const workload = workloadOf(world, probe as KubeObject)
  for (const { name } of template.spec.containers ?? []) {
    const signature = signatureIn(namespace, workload, template.spec, name)
    if (!signature || book.healthy.has(healthKey(signature))) continue
    const ill = book.illnesses.filter(({ signature: other }) => other.workload === workload && other.container === name)
    const alike = ill.some(({ signature: other, causes }) =>
      causes.some(({ kind }) => kind === 'image' || kind === 'pull-access')
        ? other.image === signature.image
        : other.text === signature.text || (other.image === signature.image && sharesCause(other, signature, causes)),
    )
    if (ill.length === 0 || alike || isRefused(book, signature.image)) continue
    book.images.known.add(fullReference(signature.image))
    book.healthy.set(healthKey(signature), {})
  }
}

function isRefused(book: Book, image: string): boolean {
  const said = book.images.refused.get(fullReference(image))
  return said !== undefined && isNotFound(said)
}

/** The part that the evidence blames is the same. */
function sharesCause(ill: Signature, other: Signature, causes: Cause[]): boolean {
  return causes.every((cause) => {
    switch (cause.kind) {
      case 'variables':
        return cause.names.every((name) => ill.env.get(name) === other.env.get(name))
      case 'memory':
        return ill.memoryLimit === other.memoryLimit
      case 'command':
        return ill.parts.command === other.parts.command
      case 'probe':
        return ill.parts[cause.probe] === other.parts[cause.probe]
      case 'security':
        return ill.parts.security === other.parts.security && ill.parts.mounts === other.parts.mounts
      case 'config':
        return ill.parts.mounts === other.parts.mounts && ill.parts.env === other.parts.env
      default:
        return ill.parts.env === other.parts.env && ill.parts.command === other.parts.command
    }
  })
}
