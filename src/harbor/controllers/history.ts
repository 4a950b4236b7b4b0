// Controller revisions: the numbered templates of StatefulSets and DaemonSets, which rollout history and undo read.
import type { KubeObject } from '../../objects/object.ts'
import { controllerOf } from '../../objects/object.ts'
import { isStatus } from '../status.ts'
import type { World } from '../world.ts'
import { MANAGER, ownerReference } from './owners.ts'
import { templateHash, templateText } from './template.ts'

const HASH = 'controller-revision-hash'

/** The owner's revisions, oldest first. */
export function revisionsOf(world: World, owner: KubeObject): KubeObject[] {
  return world
    .ownedBy(owner.metadata.uid ?? '')
    .filter((object) => object.kind === 'ControllerRevision' && controllerOf(object)?.uid === owner.metadata.uid)
    .sort((a, b) => (a.revision ?? 0) - (b.revision ?? 0))
}

/** The revision of the owner's current template, made or renumbered when it is not the newest. */
export function currentRevision(world: World, owner: KubeObject): KubeObject {
  const revisions = revisionsOf(world, owner)
  const text = templateText(owner.spec?.template)
  const same = revisions.findLast((revision) => templateText(templateOf(revision)) === text)
  const newest = revisions.at(-1)?.revision ?? 0
  if (same && same.revision === newest) return same
  if (same) {
    const { namespace, name } = same.metadata
    return (
      world.modify('ControllerRevision', namespace, name, (draft) => void (draft.revision = newest + 1), {
        manager: MANAGER,
      }) ?? same
    )
  }
  return createRevision(world, owner, newest + 1)
}

/** The pod template in a revision, which is stored as a patch. */
export function templateOf(revision: KubeObject): KubeObject['spec'] {
  const { $patch: _patch, ...template } = revision.data?.spec?.template ?? {}
  return template
}

function createRevision(world: World, owner: KubeObject, revision: number): KubeObject {
  const { namespace, name, annotations } = owner.metadata
  const template = structuredClone(owner.spec?.template ?? {})
  for (let collisions = owner.status?.collisionCount ?? 0; ; collisions++) {
    const hash = templateHash(template, collisions)
    const label = owner.kind === 'DaemonSet' ? HASH : 'controller.kubernetes.io/hash'
    const labels = { ...template.metadata?.labels, [label]: hash }
    try {
      return world.create(
        {
          apiVersion: 'apps/v1',
          kind: 'ControllerRevision',
          metadata: {
            name: `${name}-${hash}`,
            ...(namespace ? { namespace } : {}),
            labels,
            ...(annotations ? { annotations: { ...annotations } } : {}),
            ownerReferences: [ownerReference(owner)],
          },
          data: { spec: { template: { $patch: 'replace', ...template } } },
          revision,
        },
        { manager: MANAGER },
      )
    } catch (error) {
      if (!isStatus(error, 409) || collisions > 20) throw error
    }
  }
}

/** Deletes revisions that no pod uses beyond the limit. */
export function trimHistory(world: World, owner: KubeObject, used: Set<string>): void {
  const idle = revisionsOf(world, owner).filter(
    ({ metadata }) => !used.has(metadata.name) && !used.has(metadata.labels?.[HASH] ?? ''),
  )
  const surplus = idle.length - (owner.spec?.revisionHistoryLimit ?? 10)
  for (const { metadata } of idle.slice(0, Math.max(0, surplus))) {
    world.delete('ControllerRevision', metadata.namespace, metadata.name, { manager: MANAGER })
  }
}
