// What a look teaches about incidents that last: their cause, one that several have in common, and a trouble that an object has of its own.
import { type Finding, headlineOf } from '../../core/finding.ts'
import { type ObjectRef, refKey, refText } from '../../core/ref.ts'
import { causeOf, isSame, type Look, placeOf } from '../diagnosis.ts'
import {
  type Cause,
  fingerprintOf,
  type Gathered,
  type Incident,
  joined,
  noted,
  withCause,
  withOwners,
} from '../incident.ts'
import type { Holding } from './holding.ts'
import type { Opening } from './opening.ts'
import type { Held, KeeperParts } from './parts.ts'

/** what happens on such a node is not seen any more: what was known of it is not refuted */
const OUT_OF_SIGHT = new Set(['node-not-ready', 'node-gone'])

export interface Learning {
  /** What the checks say now: a cause, another one, or that of another incident. */
  learn(one: Held, found: Look): Promise<void>
  /** Objects of this place that joined an incident and are ill for a reason of their own are let go. */
  part(place: string, found: Look): Promise<void>
}

export function createLearning(parts: KeeperParts, holding: Holding, opening: Opening): Learning {
  const { cluster, desk } = parts

  async function learn(one: Held, found: Look): Promise<void> {
    const { id, fingerprint: known, owners, state } = one.incident
    const [owner] = owners
    const finding = owner && state === 'open' ? found.explaining(owner, one.incident.cause) : undefined
    if (!owner || !finding) return
    const cause = hides(finding, one.incident.cause) ?? causeOf(finding, owner, found)
    const fingerprint = fingerprintOf(cluster, cause, owner, '')
    const other = [...holding.all()].find(
      ({ incident }) => incident.id !== id && incident.state === 'open' && isKnownBy(incident, fingerprint),
    )
    await holding.update(id, (current) => withCause(current, cause), !other)
    if (other) return outlasts(one.incident, other.incident, cause) ? merge(other, one) : merge(one, other)
    if (fingerprint !== known && !(await desk.byFingerprint(fingerprint))) await desk.alias(fingerprint, id)
  }

  let merging: Promise<unknown> = Promise.resolve()

  /** One merge after another: two that find each other at the same moment must not both point to the other. */
  function merge(from: Held, into: Held): Promise<void> {
    const turn = merging.then(() => mergeNow(from.incident.id, into.incident.id))
    merging = turn.catch(() => undefined)
    return turn
  }

  /** A common cause has appeared: one keeps its thread, the other points there. */
  async function mergeNow(source: string, target: string): Promise<void> {
    const [from, into] = await Promise.all([desk.read(source), desk.read(target)])
    if (from?.state !== 'open' || into?.state !== 'open') return
    const merged = await holding.update(
      target,
      (current) => noted(joined(current, from), `incident ${source}${aboutText(from)} has the same cause`),
      true,
    )
    if (!merged) return
    await holding.update(
      source,
      (current) =>
        noted(
          { ...current, state: 'merged', mergedInto: target, closedAt: new Date().toISOString() },
          `same cause as incident ${target}${aboutText(into)}`,
        ),
      true,
    )
    holding.assign(from.owners, target)
    holding.count('merged')
  }

  async function part(place: string, found: Look): Promise<void> {
    for (const { incident } of holding.all()) {
      const { state, cause, owners } = incident
      if (state !== 'open' || !cause) continue
      for (const owner of owners.slice(1)) {
        if (placeName(owner) !== place || parts.fleet.standing(owner).sick === 0) continue
        const finding = found.ownRoot(owner, cause)
        if (finding && !isKnownBy(incident, fingerprintOf(cluster, causeOf(finding, owner, found), owner, '')))
          await release(incident.id, owner, finding, found)
      }
    }
  }

  /** Two troubles are two: it opens an incident, or goes on in the one that it had before. */
  async function release(from: string, owner: ObjectRef, finding: Finding, found: Look): Promise<void> {
    const key = refKey(owner)
    const changed = await holding.update(
      from,
      (current) =>
        noted(
          { ...current, owners: current.owners.filter((one) => refKey(one) !== key) },
          `${refText(owner)} is in trouble for a reason of its own: ${finding.cause}`,
        ),
      true,
    )
    if (!changed) return
    holding.assign([owner])
    const now = Date.now()
    const gathered: Gathered = {
      owner,
      count: 1,
      severity: finding.severity,
      reasons: new Map([[finding.check, 1]]),
      text: '',
      sources: new Set(['state']),
      alerts: new Map(),
      labels: {},
      firstAt: now,
      lastAt: now,
    }
    try {
      await opening.openOrJoin(gathered, causeOf(finding, owner, found), finding)
    } catch (error) {
      // nobody is left without an incident
      await holding.update(from, (current) => ({ ...current, owners: withOwners(current.owners, [owner]) }), false)
      throw error
    }
  }

  return { learn, part }
}

/** The name of the place where an owner is looked at. */
export function placeName(owner: ObjectRef): string {
  return JSON.stringify(placeOf(owner))
}

/** What is known stands while nobody sees whether it is still so; undefined: it is seen. */
function hides(finding: Finding, known: Cause | undefined): Cause | undefined {
  if (!known || !OUT_OF_SIGHT.has(finding.check) || isSame(finding, known)) return undefined
  return { ...known, others: [headlineOf(finding).slice(0, 200)] }
}

function aboutText({ owners: [first] }: Incident): string {
  return first ? ` of ${refText(first)}` : ''
}

/** By its first cause, or by the one that the checks see now. */
function isKnownBy(incident: Incident, fingerprint: string): boolean {
  const { cluster, cause, owners } = incident
  return (
    incident.fingerprint === fingerprint ||
    (cause !== undefined && owners[0] !== undefined && fingerprintOf(cluster, cause, owners[0], '') === fingerprint)
  )
}

/** Which of two keeps its thread: the one that is about the cause itself, as a node's own; else the older, because people know it. */
function outlasts(one: Incident, other: Incident, cause: Cause): boolean {
  const [isOwn, isTheirs] = [one, other].map(({ owners: [owner] }) => owner && refKey(owner) === refKey(cause.object))
  if (isOwn !== isTheirs) return isOwn === true
  return one.openedAt === other.openedAt ? one.id < other.id : one.openedAt < other.openedAt
}
