// What ended a trouble, as far as the cluster itself tells: something was created, deleted, scaled to zero or rolled out meanwhile.
import { type ObjectRef, refText } from '../core/ref.ts'
import { revisionsOf, templateChanges } from '../diagnose/look/revisions.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import type { Cause } from './incident.ts'

const MAX_LENGTH = 300

/** A clause for people: "Deployment shop/web was deleted"; undefined: nothing tells. */
export function endingOf(snapshot: Snapshot, owner: ObjectRef, cause: Cause | undefined): string | undefined {
  if (cause?.absent && snapshot.find(cause.object)) return `${refText(cause.object)} was created`
  const object = snapshot.find(owner)
  if (!object) return snapshot.wasRead(owner.kind) ? `${refText(owner)} was deleted` : undefined
  if (object.spec?.replicas === 0) return `${refText(owner)} was scaled to zero`
  const revision = revisionOf(snapshot, owner)
  if (!revision || cause?.revision === undefined || revision.number <= cause.revision) return undefined
  const words = `revision ${revision.number} was rolled out`
  return (revision.words ? `${words} (${revision.words})` : words).slice(0, MAX_LENGTH)
}

/** The newest revision of a workload: its number, and what it changed. */
export function revisionOf(snapshot: Snapshot, owner: ObjectRef): { number: number; words: string } | undefined {
  const workload = snapshot.find(owner)
  const [newest, before] = workload ? revisionsOf(snapshot, workload) : []
  if (!newest) return undefined
  const changes = before ? templateChanges(before.template, newest.template) : []
  return { number: newest.number, words: changes.map(({ words }) => words).join('; ') }
}
