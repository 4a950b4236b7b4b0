// Open incidents, while they last and when they end: looked at again, recovered, closed.
import { messageOf } from '../../core/errors.ts'
import type { Finding } from '../../core/finding.ts'
import { refKey } from '../../core/ref.ts'
import { isSame, type Look, lookAt, placeOf } from '../diagnosis.ts'
import { type Incident, noted } from '../incident.ts'
import type { Standing } from '../pods.ts'
import type { Holding } from './holding.ts'
import { type Learning, placeName } from './learning.ts'
import { lookSignal, type Turns } from './looks.ts'
import type { Held, KeeperParts } from './parts.ts'

const LAST_LOOK_AGAIN_MS = 10 * 60_000
const MAX_MARKS = 5000

export interface Recovery {
  watch(one: Held): Promise<void>
}

export function createRecovery(parts: KeeperParts, holding: Holding, learning: Learning, turns: Turns): Recovery {
  const { cluster, settings } = parts

  /** Recovered is what shows no trouble, has been calm for a while, and is found well by the checks. */
  async function watch(one: Held): Promise<void> {
    const { incident } = one
    if (incident.state === 'recovered') {
      const ended = Date.parse(incident.recoveredAt ?? incident.lastSignAt)
      if (Date.now() - ended > settings.INCIDENT_REOPEN)
        await holding.update(
          incident.id,
          (current) =>
            current.state === 'recovered'
              ? { ...current, state: 'closed', closedAt: new Date().toISOString() }
              : undefined,
          false,
        )
      return
    }
    const standings = standingsOf(incident)
    wake(one, standings)
    if (standings.some(({ sick }) => sick > 0)) {
      one.calmSince = Date.now()
      one.recoverAt = 0
      one.recoverEveryMs = settings.INCIDENT_CALM / 2
      await despair(incident)
    }
    if (Date.now() >= (isCalm(one, standings) ? one.recoverAt : one.lookAt)) visit(one)
  }

  function standingsOf({ owners }: Incident): Standing[] {
    return owners.map((owner) => parts.fleet.standing(owner))
  }

  /** For long enough to be over, if the checks agree. */
  function isCalm({ incident, calmSince }: Held, standings: Standing[]): boolean {
    if (standings.some(({ sick }) => sick > 0)) return false
    const byState = standings.some((standing) => standing.known) || incident.sources.includes('state')
    const firing = incident.alerts.some((alert) => !alert.resolved)
    const needed = incident.flapping
      ? settings.INCIDENT_QUIET
      : byState || (incident.alerts.length > 0 && !firing)
        ? settings.INCIDENT_CALM
        : settings.INCIDENT_QUIET
    return !firing && Date.now() - calmSince >= needed
  }

  /** Something new of it is seen by the watch: the checks look soon, and more often again. A crash loop that goes on is nothing new. */
  function wake(one: Held, standings: Standing[]): void {
    const { incident, marks } = one
    const before = marks.size
    // what shows ever new things is looked at by the clock alone
    if (before > MAX_MARKS) return
    for (const [at, owner] of incident.owners.entries())
      for (const mark of standings[at]?.marks ?? []) marks.add(`${refKey(owner)} ${mark}`)
    for (const { reason } of incident.reasons) marks.add(reason)
    for (const { key, resolved } of incident.alerts) marks.add(`${key} ${resolved}`)
    if (before === 0 || marks.size === before) return
    one.lookEveryMs = settings.INCIDENT_LOOK_AGAIN
    one.lookAt = Math.min(one.lookAt, one.lookedAt + settings.INCIDENT_LOOK_AGAIN / 3)
    one.recoverAt = Math.min(one.recoverAt, one.lookAt)
  }

  /** A workload that restarts and restarts while no remedy is known is looked into once more: quarantine is what is left. */
  async function despair(incident: Incident): Promise<void> {
    const [owner] = incident.owners
    const most = settings.WATCHDOG_QUARANTINE_RESTARTS
    if (incident.secondLook || incident.cause?.action || incident.investigation !== 'done') return
    if (!owner || most === 0 || parts.fleet.standing(owner).ready > 0 || parts.fleet.restarts(owner) < most) return
    await holding.update(
      incident.id,
      (current) => (current.state === 'open' ? { ...current, secondLook: true, investigation: 'queued' } : undefined),
      false,
    )
  }

  /** Beside the tick, because a cluster may take its time; new troubles keep one of the turns. */
  function look(held: Held[], work: () => Promise<void>): void {
    const [one] = held
    if (!one || one.looking || turns.looking >= Math.max(1, settings.INCIDENT_MAX_INVESTIGATIONS - 1)) return
    for (const each of held) each.looking = true
    turns.looking++
    void work()
      .catch((error: unknown) => {
        if (!parts.signal.aborted)
          parts.log.warn(
            { cluster, incident: one.incident.id, error: messageOf(error) },
            'an incident could not be looked at again; trying later',
          )
      })
      .finally(() => {
        for (const each of held) each.looking = false
        turns.looking--
      })
  }

  /** False when the checks still see it. */
  async function recover(one: Held, found: Look): Promise<boolean> {
    const { owners, cause } = one.incident
    const [owner] = owners
    if (!owner) return false
    const isStill = owners
      .map((each) => found.explaining(each))
      .some((finding) => finding && sameTrouble(finding, one.incident))
    if (isStill) return false
    const ending = found.ending(owner, cause)
    const changed = await holding.update(
      one.incident.id,
      (current) =>
        current.state === 'open'
          ? noted(
              {
                ...current,
                state: 'recovered',
                recoveredAt: new Date().toISOString(),
                ...(ending ? { ending } : {}),
              },
              'recovered',
            )
          : undefined,
      true,
    )
    if (changed?.state !== 'recovered') return false
    holding.count('recovered')
    holding.assign(changed.owners)
    return true
  }

  /** One look serves every incident of the place: what is calm may be over, the rest learns: a cause appears, another incident turns out to be the root. */
  function visit(one: Held): void {
    const [owner] = one.incident.owners
    if (!owner) return
    const place = placeName(owner)
    const together = [...holding.all()].filter(
      ({ incident, looking }) =>
        incident.state === 'open' &&
        !looking &&
        incident.owners[0] !== undefined &&
        placeName(incident.owners[0]) === place,
    )
    look(together, async () => {
      for (const each of together) postpone(each)
      const found = await lookAt(parts.reader, placeOf(owner), lookSignal(parts), together.length)
      for (const each of together)
        if (!isCalm(each, standingsOf(each.incident)) || !(await recover(each, found)))
          await learning.learn(each, found)
      await learning.part(place, found)
      await visitElsewhere(one, place)
    })
  }

  /** One by one, the other places where objects of this incident are ill: some may be so for a reason of their own. */
  async function visitElsewhere(one: Held, place: string): Promise<void> {
    const { owners, state } = one.incident
    if (state !== 'open') return
    const ill = owners.filter((owner) => placeName(owner) !== place && parts.fleet.standing(owner).sick > 0)
    const places = [...new Map(ill.map((owner) => [placeName(owner), owner]))]
    const next = places[one.elsewhere++ % places.length]
    if (!next) return
    const [name, owner] = next
    await learning.part(name, await lookAt(parts.reader, placeOf(owner), lookSignal(parts), ill.length))
  }

  return { watch }
}

/** A root that the same checks still see on the same object, or any critical one on the owners. */
function sameTrouble(finding: Finding, { cause }: Incident): boolean {
  return finding.severity === 'critical' || (cause !== undefined && isSame(finding, cause))
}

function postpone(one: Held): void {
  one.lookedAt = Date.now()
  one.lookEveryMs = Math.min(one.lookEveryMs * 2, LAST_LOOK_AGAIN_MS)
  one.lookAt = one.lookedAt + one.lookEveryMs
  one.recoverAt = one.lookedAt + one.recoverEveryMs
  one.recoverEveryMs = Math.min(one.recoverEveryMs * 2, LAST_LOOK_AGAIN_MS)
}
