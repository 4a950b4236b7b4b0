// Keeps the incidents of one cluster while it leads: signs in, incidents opened, joined, re-opened, recovered and closed.
import { randomUUID } from 'node:crypto'
import { messageOf } from '../../core/errors.ts'
import { createGroups, type Group } from '../groups.ts'
import { isMuted, isResolved, withSigns } from '../incident.ts'
import type { Signal } from '../signal.ts'
import { gather } from './gather.ts'
import { createHolding } from './holding.ts'
import { startInvestigations } from './investigations.ts'
import { createLearning } from './learning.ts'
import { createLooks } from './looks.ts'
import { createOpening } from './opening.ts'
import type { Held, KeeperParts } from './parts.ts'
import { createRecovery } from './recovery.ts'

export interface Keeper {
  sign(signal: Signal): void
  tick(): Promise<void>
  /** writes what was gathered; false when some of it could not be, and is tried again */
  flush(): Promise<boolean>
  takeChanges(): Map<string, Group | undefined>
  waiting(): number
}

export async function createKeeper(parts: KeeperParts, loaded: Group[]): Promise<Keeper> {
  const { cluster, desk, settings, log, fence } = parts
  const groups = createGroups({ threshold: settings.INCIDENT_THRESHOLD, windowMs: settings.INCIDENT_WINDOW }, loaded)
  const holding = createHolding(parts)
  const turns = { looking: 0 }
  const opening = createOpening(parts, holding)
  const looks = createLooks(parts, groups, holding, opening, turns)
  const recovery = createRecovery(parts, holding, createLearning(parts, holding, opening), turns)

  for (const incident of await desk.active(cluster)) holding.hold(incident, true)

  function sign(signal: Signal): void {
    holding.count('seen', signal.count)
    if (!parts.routing.channels({ ...signal, reason: signal.reason })) return holding.count('suppressed', signal.count)
    const one = holding.of(signal.owner)
    if (one && (one.incident.state === 'open' || isResolved(one.incident))) {
      holding.count(isMuted(one.incident) ? 'suppressed' : 'grouped', signal.count)
      return gather(one, signal)
    }
    groups.add(signal, Date.now())
  }

  /** Signs go to the record together, not one by one. True when all of them are there. */
  async function flush(): Promise<boolean> {
    let complete = true
    for (const one of holding.all()) {
      try {
        await write(one)
      } catch (error) {
        complete = false
        warn(one, error)
      }
    }
    return complete
  }

  async function write(one: Held): Promise<void> {
    if (!one.batch) {
      if (one.gathered.size === 0) return
      one.batch = { mark: randomUUID(), gathered: one.gathered }
      one.gathered = new Map()
    }
    const { mark, gathered } = one.batch
    const { severity } = one.incident
    const changed = await desk.change(
      one.incident.id,
      (current) =>
        current.batch === mark ? undefined : { ...[...gathered.values()].reduce(withSigns, current), batch: mark },
      fence,
    )
    delete one.batch
    if (!changed) return
    // a new severity or the end of an alert is news; a higher number can wait
    const ended = [...gathered.values()].some((more) => [...more.alerts.values()].some((alert) => alert.resolved))
    holding.hold(changed, ended || changed.severity !== severity)
    one.stale = true
  }

  function warn(one: Held, error: unknown): void {
    if (parts.signal.aborted) return
    log.warn(
      { cluster, incident: one.incident.id, error: messageOf(error) },
      'an incident could not be brought up to date; trying again',
    )
  }

  async function refresh(): Promise<void> {
    // people and investigations change records too
    for (const { incident } of holding.all()) {
      const stored = await desk.read(incident.id)
      if (stored) holding.hold(stored, false)
      else holding.drop(incident)
    }
  }

  let ticks = 0
  async function tick(): Promise<void> {
    for (const due of parts.fleet.due(Date.now())) sign({ ...due, cluster })
    groups.expire(Date.now())
    looks.start()
    if (ticks++ % 8 === 0) await refresh()
    for (const one of holding.all()) {
      try {
        await recovery.watch(one)
        await holding.show(one.incident.id)
      } catch (error) {
        if (parts.signal.aborted) return
        warn(one, error)
      }
    }
    await startInvestigations(parts, holding)
  }

  return { sign, tick, flush, takeChanges: () => groups.takeChanges(), waiting: () => groups.pending().length }
}
