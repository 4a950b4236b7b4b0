// From the signs of one owner to its incident: opened, joined or re-opened.
import type { Finding } from '../../core/finding.ts'
import { type ObjectRef, refKey, refText } from '../../core/ref.ts'
import {
  type Cause,
  fingerprintOf,
  type Gathered,
  type Incident,
  isMuted,
  isResolved,
  noted,
  withCause,
  withSigns,
} from '../incident.ts'
import { draft } from './draft.ts'
import type { Holding } from './holding.ts'
import type { KeeperParts } from './parts.ts'

const MAX_MERGES = 10

export interface Opening {
  openOrJoin(gathered: Gathered, cause: Cause | undefined, finding: Finding | undefined): Promise<void>
}

export function createOpening(parts: KeeperParts, holding: Holding): Opening {
  const { cluster, desk, settings, log, fence } = parts
  const { hold, count } = holding

  async function openOrJoin(gathered: Gathered, cause: Cause | undefined, finding: Finding | undefined): Promise<void> {
    const reason = [...gathered.reasons.keys()][0] ?? 'Unknown'
    const fingerprint = fingerprintOf(cluster, cause, gathered.owner, reason)
    const pointed = await desk.byFingerprint(fingerprint)
    const known = holding.of(gathered.owner)?.incident ?? recentOf(gathered.owner, cause) ?? pointed
    const target = await followed(known, gathered.owner)
    if (target && (target.state === 'open' || mayReopen(target))) return join(target, gathered, cause)
    const incident = await draft(parts, gathered, cause, finding, fingerprint, reason)
    // as it was when this was decided: another place may have opened it meanwhile
    const { opened, id } = await desk.open(incident, pointed?.id)
    if (!opened) {
      // another one was first: this trouble is theirs
      const theirs = await desk.read(id)
      return theirs && join(theirs, gathered, cause)
    }
    hold(incident, true)
    count('opened')
    parts.metrics.observe(
      'incident_first_card_seconds',
      'From the first sign that made an incident to its card',
      (Date.now() - gathered.firstAt) / 1000,
    )
    log.info({ cluster, incident: incident.id, check: cause?.check, owner: refKey(gathered.owner) }, 'incident opened')
    await holding.show(incident.id)
  }

  /** The incident that this one has become part of, be it over several steps; itself again, when the owner was let go from there. */
  async function followed(known: Incident | undefined, owner: ObjectRef): Promise<Incident | undefined> {
    let target = known
    for (let steps = 0; steps < MAX_MERGES && target?.mergedInto !== undefined; steps++) {
      const next: Incident | undefined = await desk.read(target.mergedInto)
      if (next && has(target, owner) && !has(next, owner)) return target
      target = next
    }
    return target
  }

  /** The owner's last trouble, unless the checks now see another one. */
  function recentOf(owner: ObjectRef, cause: Cause | undefined): Incident | undefined {
    return [...holding.all()]
      .map(({ incident }) => incident)
      .find(
        (one) =>
          one.state === 'recovered' && has(one, owner) && (!one.cause || !cause || one.cause.check === cause.check),
      )
  }

  function mayReopen(incident: Incident): boolean {
    if (incident.state === 'merged') return true
    if (incident.state !== 'recovered' && incident.state !== 'closed') return false
    const ended = Date.parse(incident.recoveredAt ?? incident.closedAt ?? incident.lastSignAt)
    return isMuted(incident) || Date.now() - ended < settings.INCIDENT_REOPEN
  }

  async function join(incident: Incident, gathered: Gathered, cause: Cause | undefined): Promise<void> {
    const muted = isMuted(incident)
    // its message is kept true also while nobody wants to hear more of it
    const again = incident.state !== 'open' && !isResolved(incident)
    const changed = await desk.change(
      incident.id,
      (current) => {
        let next = withSigns(current, gathered)
        if (!has(current, gathered.owner)) next = noted(next, `${refText(gathered.owner)} joined`)
        if (cause && (again || !current.cause)) next = withCause(next, cause) ?? next
        if (again) next = reopened(next)
        return next
      },
      fence,
    )
    if (!changed) return
    hold(changed, true)
    // also of an owner that is one too many for the record
    if (changed.state === 'open') holding.assign([gathered.owner], changed.id)
    count(again ? 'reopened' : muted ? 'suppressed' : 'grouped', again ? 1 : gathered.count)
    await holding.show(changed.id)
  }

  function reopened(incident: Incident): Incident {
    const times = incident.reopened + 1
    const {
      recoveredAt: _recovered,
      closedAt: _closed,
      resolvedBy: _resolved,
      fixed: _fixed,
      ending: _ending,
      mergedInto: _mergedInto,
      ...rest
    } = incident
    const flapping = times >= settings.INCIDENT_FLAPS
    return noted(
      {
        ...rest,
        state: 'open',
        reopened: times,
        reopenedAt: new Date().toISOString(),
        flapping,
        // what helped the last time did not last: looked into again, unless it comes and goes by itself
        investigation: flapping ? rest.investigation : 'queued',
        secondLook: false,
      },
      incident.mergedInto ? 'a trouble of its own again' : flapping ? 'back again; it flaps' : 'it is back',
    )
  }

  return { openOrJoin }
}

function has({ owners }: Incident, owner: ObjectRef): boolean {
  return owners.some((one) => refKey(one) === refKey(owner))
}
