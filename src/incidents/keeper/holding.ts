// The incidents of a cluster that are not closed, by id and by owner: held beside their records, changed through the desk, shown when they changed.
import { type ObjectRef, refKey } from '../../core/ref.ts'
import type { Desk } from '../desk.ts'
import type { Incident } from '../incident.ts'
import type { Held, KeeperParts } from './parts.ts'

const SHOWN_AGAIN_MS = 24 * 3600_000

export interface Holding {
  /** live: what is dropped meanwhile is not visited any more */
  all(): Iterable<Held>
  of(owner: ObjectRef): Held | undefined
  hold(incident: Incident, unshown: boolean): Held
  drop(incident: Incident): void
  /** signs of these owners belong to that incident from now on; to none without one */
  assign(owners: ObjectRef[], incident?: string): void
  /** changes the record; undefined when there was nothing to change, or another leader has it */
  update(id: string, change: (incident: Incident) => Incident | undefined, show: boolean): Promise<Incident | undefined>
  /** puts its messages when they are older than the record */
  show(id: string): Promise<void>
  /** as a metric, and in the store for everyone who asks */
  count(what: Parameters<Desk['count']>[0], by?: number): void
}

export function createHolding(parts: KeeperParts): Holding {
  const { cluster, desk, settings, fence } = parts
  const held = new Map<string, Held>()
  const byOwner = new Map<string, string>()

  function hold(incident: Incident, unshown: boolean): Held {
    const before = held.get(incident.id)
    const one: Held = before ?? {
      incident,
      gathered: new Map(),
      unshown,
      diagnosed: false,
      stale: false,
      shownAt: 0,
      calmSince: Date.now(),
      lookAt: Date.now() + settings.INCIDENT_LOOK_AGAIN,
      lookEveryMs: settings.INCIDENT_LOOK_AGAIN,
      lookedAt: Date.now(),
      marks: new Set(),
      elsewhere: 0,
      looking: false,
      recoverAt: 0,
      recoverEveryMs: settings.INCIDENT_CALM / 2,
    }
    one.incident = incident
    one.unshown ||= unshown
    held.set(incident.id, one)
    for (const owner of incident.owners) if (incident.state === 'open') byOwner.set(refKey(owner), incident.id)
    if (incident.state === 'closed' || incident.state === 'merged') drop(incident)
    return one
  }

  function drop({ id }: Incident): void {
    held.delete(id)
    for (const [owner, incident] of byOwner) if (incident === id) byOwner.delete(owner)
  }

  function of(owner: ObjectRef): Held | undefined {
    const id = byOwner.get(refKey(owner))
    return id === undefined ? undefined : held.get(id)
  }

  function assign(owners: ObjectRef[], incident?: string): void {
    for (const owner of owners) {
      if (incident === undefined) byOwner.delete(refKey(owner))
      else byOwner.set(refKey(owner), incident)
    }
  }

  async function update(
    id: string,
    change: (incident: Incident) => Incident | undefined,
    show: boolean,
  ): Promise<Incident | undefined> {
    const changed = await desk.change(id, change, fence)
    if (!changed) return undefined
    hold(changed, show)
    if (!show) return changed
    const one = held.get(id)
    if (one) await put(one)
    // a record that is closed is not held any more
    else await parts.show(changed)
    return changed
  }

  async function show(id: string): Promise<void> {
    const one = held.get(id)
    if (!one) return
    const age = Date.now() - one.shownAt
    // once a day whatever happens: messages that are never touched cannot be edited any more after eight days
    if (one.unshown || (one.stale && age >= settings.INCIDENT_EDIT_EVERY) || age > SHOWN_AGAIN_MS) await put(one)
  }

  async function put(one: Held): Promise<void> {
    one.unshown = false
    one.stale = false
    one.shownAt = Date.now()
    try {
      const complete = await parts.show(one.incident)
      one.unshown ||= !complete
      one.diagnosed ||= complete
    } catch (error) {
      one.unshown = true
      throw error
    }
  }

  function count(what: Parameters<Desk['count']>[0], by = 1): void {
    parts.metrics.count(`incident_${what}_total`, `Signs and incidents: ${what}`, { cluster }, by)
    void desk.count(what, by).catch(() => undefined)
  }

  return { all: () => held.values(), of, hold, drop, assign, update, show, count }
}
