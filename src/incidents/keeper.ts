// Keeps the incidents of one cluster while it leads: signs in, incidents opened, joined, re-opened, recovered and closed. One tick a second.

import { futureThread } from '../chat/threads.ts'
import { messageOf } from '../core/errors.ts'
import type { Finding } from '../core/finding.ts'
import { FIRSTMATE } from '../core/people.ts'
import { type ObjectRef, refKey, refText } from '../core/ref.ts'
import { type Enqueue, taskId } from '../core/task.ts'
import type { Reader } from '../kube/reader.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { type Desk, incidentId } from './desk.ts'
import { causeOf, type Look, lookAt, placeOf } from './diagnosis.ts'
import { createGroups, type Group, gatheredOf } from './groups.ts'
import type { Homes } from './homes.ts'
import {
  type Cause,
  familyOf,
  fingerprintOf,
  type Gathered,
  type Incident,
  isMuted,
  isSilenced,
  noted,
  withOwners,
  withSigns,
  worse,
} from './incident.ts'
import { similarTo } from './memory.ts'
import type { Fleet } from './pods.ts'
import type { Routing } from './routing.ts'
import type { IncidentSettings } from './settings.ts'
import type { Signal } from './signal.ts'

/** signs that come together are looked at together */
const SETTLE_MS = 200
const RETRY_MS = 5000
/** an investigation that says nothing for that long is given up, so that the next one may begin */
const INVESTIGATION_MS = 15 * 60_000
const FIRST_LOOK_AGAIN_MS = 45_000
const LAST_LOOK_AGAIN_MS = 10 * 60_000
const LOOK_MS = 20_000
/** reasons that a healthy start of a pod brings with it: nothing, once the pod is well */
const PASSING = new Set([
  'Unhealthy',
  'BackOff',
  'FailedScheduling',
  'FailedMount',
  'FailedAttachVolume',
  'FailedCreatePodSandBox',
  'NetworkNotReady',
  'NodeNotReady',
  'FailedToUpdateEndpoint',
  'FailedToUpdateEndpointSlices',
  'ErrImagePull',
  'Failed',
])

export interface KeeperParts {
  cluster: string
  reader: Reader
  desk: Desk
  fleet: Fleet
  routing: Routing
  homes: Homes
  settings: IncidentSettings
  /** puts the incident's messages as its record stands; harmless when repeated. Resolves false when some of it has to wait: show it again. */
  show(incident: Incident): Promise<boolean>
  enqueue: Enqueue
  log: Logger
  metrics: Metrics
  /** the leader's token */
  fence: number
  signal: AbortSignal
}

export interface Keeper {
  sign(signal: Signal): void
  tick(): Promise<void>
  takeChanges(): Map<string, Group | undefined>
  waiting(): number
}

/** What the leader remembers of an incident that is not closed. */
interface Held {
  incident: Incident
  gathered: Map<string, Gathered>
  /** what people see is older than the record */
  unshown: boolean
  writtenAt: number
  calmSince: number
  lookAt: number
  lookEveryMs: number
}

export async function createKeeper(parts: KeeperParts, loaded: Group[]): Promise<Keeper> {
  const { cluster, desk, settings, log, fence } = parts
  const groups = createGroups({ threshold: settings.INCIDENT_THRESHOLD, windowMs: settings.INCIDENT_WINDOW }, loaded)
  const held = new Map<string, Held>()
  const byOwner = new Map<string, string>()
  const busy = new Set<string>()
  const retryAt = new Map<string, number>()
  let looking = 0

  for (const incident of await desk.active(cluster)) hold(incident, true)

  function hold(incident: Incident, unshown: boolean): Held {
    const before = held.get(incident.id)
    const one: Held = before ?? {
      incident,
      gathered: new Map(),
      unshown,
      writtenAt: 0,
      calmSince: Date.now(),
      lookAt: Date.now() + FIRST_LOOK_AGAIN_MS,
      lookEveryMs: FIRST_LOOK_AGAIN_MS,
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

  function count(what: Parameters<Desk['count']>[0], by = 1): void {
    parts.metrics.count(`incident_${what}_total`, `Signs and incidents: ${what}`, { cluster }, by)
    void desk.count(what, by).catch(() => undefined)
  }

  // ---- signs ----

  function sign(signal: Signal): void {
    count('seen', signal.count)
    if (!parts.routing.channels({ ...signal, reason: signal.reason })) return count('suppressed', signal.count)
    const one = holderOf(signal.owner)
    if (one && (one.incident.state === 'open' || isMuted(one.incident))) {
      count(isMuted(one.incident) ? 'suppressed' : 'grouped', signal.count)
      return gather(one, signal)
    }
    groups.add(signal, Date.now())
  }

  function holderOf(owner: ObjectRef): Held | undefined {
    const id = byOwner.get(refKey(owner))
    return id === undefined ? undefined : held.get(id)
  }

  function gather(one: Held, signal: Signal): void {
    const now = Date.now()
    const key = refKey(signal.owner)
    const before = one.gathered.get(key)
    const into: Gathered = before ?? {
      owner: signal.owner,
      count: 0,
      severity: signal.severity,
      reasons: new Map(),
      text: '',
      sources: new Set(),
      alerts: new Map(),
      labels: {},
      firstAt: now,
      lastAt: now,
    }
    const alert = signal.alert
    // a firing alert is told again and again; only its beginning is a sign
    const repeated =
      alert !== undefined &&
      [...one.incident.alerts, ...[...into.alerts].map(([name, value]) => ({ ...value, key: name }))].some(
        (known) => known.key === alert && !known.resolved,
      )
    if (!signal.resolved && !repeated) {
      into.count += signal.count
      into.reasons.set(signal.reason, (into.reasons.get(signal.reason) ?? 0) + signal.count)
      into.severity = worse(into.severity, signal.severity)
      into.lastAt = now
      one.calmSince = now
    }
    into.text = signal.text || into.text
    into.sources.add(signal.source)
    if (signal.alert) into.alerts.set(signal.alert, { name: signal.reason, resolved: signal.resolved })
    one.gathered.set(key, into)
  }

  /** Signs that came while their group was being looked at. */
  function gatherRest(one: Held, group: Group, count: number): void {
    const reason = Object.keys(group.reasons)[0] ?? 'Unknown'
    gather(one, {
      cluster,
      source: group.sources[0] ?? 'event',
      severity: group.severity,
      reason,
      text: group.text,
      owner: group.owner,
      count: Math.min(count, 1_000_000),
      labels: {},
      immediate: false,
      resolved: false,
    })
  }

  // ---- from groups to incidents ----

  /** The owners of one place are looked at together, a few places at once; the rest waits its turn. */
  function startLooks(): void {
    const now = Date.now()
    for (const group of groups.pending()) {
      if (looking >= settings.INCIDENT_MAX_INVESTIGATIONS) return
      const place = placeOf(group.owner)
      const name = JSON.stringify(place)
      if (busy.has(name) || now - (group.pendingAt ?? now) < SETTLE_MS || now < (retryAt.get(name) ?? 0)) continue
      const together = groups.pending().filter((other) => JSON.stringify(placeOf(other.owner)) === name)
      busy.add(name)
      looking++
      void diagnoseGroups(together)
        .then(() => retryAt.delete(name))
        .catch((error: unknown) => {
          retryAt.set(name, Date.now() + RETRY_MS)
          if (!parts.signal.aborted)
            log.warn(
              { cluster, place: name, error: messageOf(error) },
              'a trouble could not be looked at; trying again',
            )
        })
        .finally(() => {
          busy.delete(name)
          looking--
        })
    }
  }

  async function diagnoseGroups(together: Group[]): Promise<void> {
    const [first] = together
    if (!first) return
    const look = await lookOrNothing(first.owner, now() - (first.pendingAt ?? now()) > 60_000, together.length)
    for (const group of together) {
      const key = refKey(group.owner)
      // signs that came meanwhile are in the group still
      const current = groups.get(key)
      if (!current) continue
      const before = current.count
      await settleGroup(current, look)
      const one = holderOf(current.owner)
      if (one && current.count > before) gatherRest(one, current, current.count - before)
      groups.remove(key)
    }
  }

  /** A cluster that does not answer is asked again; after a minute people hear of the trouble without its cause. */
  async function lookOrNothing(owner: ObjectRef, late: boolean, owners: number): Promise<Look | undefined> {
    try {
      return await lookAt(
        parts.reader,
        placeOf(owner),
        AbortSignal.any([parts.signal, AbortSignal.timeout(LOOK_MS)]),
        owners,
      )
    } catch (error) {
      if (!late || parts.signal.aborted) throw error
      return undefined
    }
  }

  async function settleGroup(group: Group, look: Look | undefined): Promise<void> {
    const gathered = gatheredOf(group)
    const finding = look?.explaining(group.owner)
    const alerts = [...gathered.alerts.values()]
    if (alerts.length > 0 && alerts.every((alert) => alert.resolved) && !finding) return
    if (look && !finding && hasPassed(group)) return count('suppressed', group.count)
    const cause = finding && look ? causeOf(finding, look.others(group.owner), look.partial) : undefined
    await openOrJoin(gathered, cause, finding)
  }

  /** Events about a pod that is well by now, and nothing else is wrong. */
  function hasPassed(group: Group): boolean {
    const standing = parts.fleet.standing(group.owner)
    return (
      standing.known &&
      standing.sick === 0 &&
      standing.ready === standing.total &&
      group.sources.every((source) => source === 'event') &&
      Object.keys(group.reasons).every((reason) => PASSING.has(reason))
    )
  }

  async function openOrJoin(gathered: Gathered, cause: Cause | undefined, finding: Finding | undefined): Promise<void> {
    const reason = [...gathered.reasons.keys()][0] ?? 'Unknown'
    const fingerprint = fingerprintOf(cluster, cause, gathered.owner, reason)
    const known =
      holderOf(gathered.owner)?.incident ?? recentOf(gathered.owner, cause) ?? (await desk.byFingerprint(fingerprint))
    const target = known?.state === 'merged' && known.mergedInto ? await desk.read(known.mergedInto) : known
    if (target && (target.state === 'open' || mayReopen(target))) return join(target, gathered, cause)
    const incident = await draft(gathered, cause, finding, fingerprint, reason)
    const { opened, id } = await desk.open(incident, (await desk.byFingerprint(fingerprint))?.id)
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
    await showHeld(incident.id)
  }

  /** The owner's last trouble, unless the checks now see another one. */
  function recentOf(owner: ObjectRef, cause: Cause | undefined): Incident | undefined {
    const key = refKey(owner)
    return [...held.values()]
      .map(({ incident }) => incident)
      .find(
        (one) =>
          one.state === 'recovered' &&
          one.owners.some((other) => refKey(other) === key) &&
          (!one.cause || !cause || one.cause.check === cause.check),
      )
  }

  function mayReopen(incident: Incident): boolean {
    if (incident.state !== 'recovered' && incident.state !== 'closed') return false
    const ended = Date.parse(incident.recoveredAt ?? incident.closedAt ?? incident.lastSignAt)
    return isMuted(incident) || now() - ended < settings.INCIDENT_REOPEN
  }

  async function draft(
    gathered: Gathered,
    cause: Cause | undefined,
    finding: Finding | undefined,
    fingerprint: string,
    reason: string,
  ): Promise<Incident> {
    const openedAt = new Date(gathered.firstAt).toISOString()
    const id = incidentId(fingerprint, openedAt)
    const severity = finding ? worse(gathered.severity, finding.severity) : gathered.severity
    const channels =
      parts.routing.channels({ cluster, owner: gathered.owner, reason, severity, labels: gathered.labels }) ?? []
    const threads = await Promise.all(
      channels.map(async (channel) => {
        const workspace = await parts.homes.workspaceOf(channel)
        if (workspace === undefined)
          throw new Error(`no bot has said yet in which workspace ${channel.platform}:${channel.channel} is`)
        return futureThread(
          { platform: channel.platform, workspace, channel: channel.channel, direct: false },
          `incident-${id}`,
        )
      }),
    )
    // without a channel it is still kept, for `incidents list` and `show`
    if (threads.length === 0)
      threads.push({
        platform: 'mailbox',
        workspace: '',
        channel: 'incidents',
        thread: `incident-${id}`,
        direct: false,
      })
    const family = familyOf(cause, gathered.owner, reason)
    const similar = similarTo(await desk.family(cluster, family), fingerprint, cause, gathered.owner)
    const bare: Incident = {
      id,
      cluster,
      state: 'open',
      severity,
      fingerprint,
      family,
      owners: [gathered.owner],
      ...(cause ? { cause } : {}),
      reasons: [],
      text: '',
      sources: [],
      count: 0,
      openedAt,
      lastSignAt: openedAt,
      alerts: [],
      reopened: 0,
      flapping: false,
      ...(similar ? { similar } : {}),
      investigation: 'queued',
      threads,
      timeline: [],
      fence,
    }
    const opened = noted(
      withSigns(bare, gathered),
      `opened: ${reason} of ${refText(gathered.owner)}`,
      new Date(gathered.firstAt),
    )
    return cause ? noted(opened, `cause found: ${cause.cause}`) : opened
  }

  async function join(incident: Incident, gathered: Gathered, cause: Cause | undefined): Promise<void> {
    const muted = isMuted(incident)
    const again = incident.state !== 'open' && !muted
    const changed = await desk.change(
      incident.id,
      (current) => {
        let next = withSigns(current, gathered)
        if (!current.owners.some((owner) => refKey(owner) === refKey(gathered.owner)))
          next = noted(next, `${refText(gathered.owner)} joined`)
        if (cause && !current.cause) next = noted({ ...next, cause }, `cause found: ${cause.cause}`)
        if (again) next = reopened(next)
        return next
      },
      fence,
    )
    if (!changed) return
    hold(changed, true)
    count(again ? 'reopened' : muted ? 'suppressed' : 'grouped', again ? 1 : gathered.count)
    await showHeld(changed.id)
  }

  function reopened(incident: Incident): Incident {
    const times = incident.reopened + 1
    const { recoveredAt: _recovered, closedAt: _closed, resolvedBy: _resolved, fixed: _fixed, ...rest } = incident
    const flapping = times >= settings.INCIDENT_FLAPS
    return noted(
      { ...rest, state: 'open', reopened: times, flapping },
      flapping ? 'back again; it flaps' : 'it is back',
    )
  }

  // ---- open incidents ----

  async function write(one: Held): Promise<void> {
    if (one.gathered.size === 0) return
    const quiet = now() - one.writtenAt < settings.INCIDENT_EDIT_EVERY
    // a new severity or the end of an alert is news; a higher number can wait
    const news = [...one.gathered.values()].some(
      (more) =>
        worse(one.incident.severity, more.severity) !== one.incident.severity ||
        [...more.alerts.values()].some((alert) => alert.resolved),
    )
    if (quiet && !news) return
    const gathered = one.gathered
    one.gathered = new Map()
    one.writtenAt = now()
    try {
      const changed = await desk.change(
        one.incident.id,
        (current) => [...gathered.values()].reduce(withSigns, current),
        fence,
      )
      if (changed) hold(changed, !isSilenced(changed))
    } catch (error) {
      for (const [key, more] of one.gathered) gathered.set(key, more)
      one.gathered = gathered
      throw error
    }
  }

  /** Recovered is what shows no trouble, has been calm for a while, and is found well by the checks. */
  async function watchRecovery(one: Held): Promise<void> {
    const { incident } = one
    if (incident.state === 'recovered') {
      const ended = Date.parse(incident.recoveredAt ?? incident.lastSignAt)
      if (now() - ended > settings.INCIDENT_REOPEN)
        await update(
          incident.id,
          (current) =>
            current.state === 'recovered'
              ? { ...current, state: 'closed', closedAt: new Date().toISOString() }
              : undefined,
          false,
        )
      return
    }
    const standings = incident.owners.map((owner) => parts.fleet.standing(owner))
    if (standings.some((standing) => standing.sick > 0)) {
      one.calmSince = now()
      return lookAgain(one)
    }
    const byState = standings.some((standing) => standing.known) || incident.sources.includes('state')
    const firing = incident.alerts.some((alert) => !alert.resolved)
    const needed = incident.flapping
      ? settings.INCIDENT_QUIET
      : byState || (incident.alerts.length > 0 && !firing)
        ? settings.INCIDENT_CALM
        : settings.INCIDENT_QUIET
    if (firing || now() - one.calmSince < needed) return lookAgain(one)
    if (now() < one.lookAt && one.lookEveryMs > FIRST_LOOK_AGAIN_MS) return
    await recover(one)
  }

  async function recover(one: Held): Promise<void> {
    const look = await lookOrNothing(
      one.incident.owners[0] ?? { kind: 'Namespace', name: 'default' },
      false,
      one.incident.owners.length,
    )
    const still =
      look &&
      one.incident.owners
        .map((owner) => look.explaining(owner))
        .find((finding) => finding && sameTrouble(finding, one.incident))
    if (still) return postpone(one)
    const changed = await update(
      one.incident.id,
      (current) =>
        current.state === 'open'
          ? noted({ ...current, state: 'recovered', recoveredAt: new Date().toISOString() }, 'recovered')
          : undefined,
      true,
    )
    if (changed?.state === 'recovered') {
      count('recovered')
      for (const owner of changed.owners) byOwner.delete(refKey(owner))
    }
  }

  /** A root that the same checks still see on the same object, or any critical one on the owners. */
  function sameTrouble(finding: Finding, { cause }: Incident): boolean {
    return (
      finding.severity === 'critical' ||
      (cause !== undefined && finding.check === cause.check && refKey(finding.object) === refKey(cause.object))
    )
  }

  function postpone(one: Held): void {
    one.lookEveryMs = Math.min(one.lookEveryMs * 2, LAST_LOOK_AGAIN_MS)
    one.lookAt = now() + one.lookEveryMs
  }

  /** While it lasts the checks look again, less and less often: numbers change, a cause appears, another incident turns out to be the root. */
  async function lookAgain(one: Held): Promise<void> {
    const [owner] = one.incident.owners
    if (!owner || now() < one.lookAt || looking >= settings.INCIDENT_MAX_INVESTIGATIONS) return
    postpone(one)
    looking++
    try {
      const look = await lookAt(
        parts.reader,
        placeOf(owner),
        AbortSignal.any([parts.signal, AbortSignal.timeout(LOOK_MS)]),
      )
      const finding = look.explaining(owner)
      if (!finding) return
      const cause = causeOf(finding, look.others(owner), look.partial)
      const fingerprint = fingerprintOf(cluster, cause, owner, '')
      const other = [...held.values()].find(
        (candidate) =>
          candidate !== one && candidate.incident.state === 'open' && candidate.incident.fingerprint === fingerprint,
      )
      if (other) return await merge(one, other)
      await update(one.incident.id, (current) => withCause(current, cause), true)
      if (fingerprint !== one.incident.fingerprint && !(await desk.byFingerprint(fingerprint)))
        await desk.alias(fingerprint, one.incident.id)
    } finally {
      looking--
    }
  }

  function withCause(current: Incident, cause: Cause): Incident | undefined {
    if (JSON.stringify(current.cause) === JSON.stringify(cause)) return undefined
    const next = { ...current, cause }
    return current.cause?.check === cause.check && current.cause.cause === cause.cause
      ? next
      : noted(next, `cause found: ${cause.cause}`)
  }

  /** A common cause has appeared: the one that names it keeps its thread, the other points there. */
  async function merge(from: Held, into: Held): Promise<void> {
    const target = into.incident.id
    const owners = from.incident.owners
    const merged = await update(
      target,
      (current) =>
        noted(
          { ...current, owners: withOwners(current.owners, owners), count: current.count + from.incident.count },
          `incident ${from.incident.id} has the same cause`,
        ),
      true,
    )
    if (!merged) return
    await update(
      from.incident.id,
      (current) =>
        noted(
          { ...current, state: 'merged', mergedInto: target, closedAt: new Date().toISOString() },
          `same cause as incident ${target}`,
        ),
      true,
    )
    for (const owner of owners) byOwner.set(refKey(owner), target)
    count('merged')
  }

  async function update(
    id: string,
    change: (incident: Incident) => Incident | undefined,
    show: boolean,
  ): Promise<Incident | undefined> {
    const changed = await desk.change(id, change, fence)
    if (!changed) return undefined
    hold(changed, show)
    const complete = !show || (await parts.show(changed))
    const one = held.get(id)
    if (one && show) one.unshown = !complete
    return changed
  }

  async function showHeld(id: string): Promise<void> {
    const one = held.get(id)
    if (!one?.unshown) return
    one.unshown = false
    try {
      one.unshown = !(await parts.show(one.incident))
    } catch (error) {
      one.unshown = true
      throw error
    }
  }

  // ---- investigations ----

  /** At most so many at once, the oldest and worst first; the record says who waits, so a restart forgets nobody. */
  async function startInvestigations(): Promise<void> {
    const all = [...held.values()].map(({ incident }) => incident).filter((incident) => incident.state === 'open')
    const fresh = (incident: Incident) =>
      now() - Date.parse(incident.investigatedAt ?? incident.openedAt) < INVESTIGATION_MS
    let running = all.filter((incident) => incident.investigation === 'running' && fresh(incident)).length
    const queued = all
      .filter((incident) => incident.investigation === 'queued' && !isMuted(incident))
      .sort(
        (a, b) =>
          Number(b.severity === 'critical') - Number(a.severity === 'critical') || a.openedAt.localeCompare(b.openedAt),
      )
    parts.metrics.set('incident_investigations_queued', 'Investigations that wait for their turn', queued.length, {
      cluster,
    })
    for (const incident of queued) {
      if (running >= settings.INCIDENT_MAX_INVESTIGATIONS) return
      const [thread] = incident.threads
      if (!thread) continue
      running++
      const at = new Date().toISOString()
      // the id is that of the incident and the round, so a crash before the record is written starts none twice
      await parts.enqueue({
        kind: 'investigate',
        id: taskId('investigate', incident.id, String(incident.reopened)),
        thread,
        asker: FIRSTMATE,
        at,
        incident: incident.id,
      })
      await update(
        incident.id,
        (current) =>
          current.investigation === 'queued' ? { ...current, investigation: 'running', investigatedAt: at } : undefined,
        false,
      )
    }
  }

  // ---- the second ----

  async function refresh(): Promise<void> {
    // people and investigations change records too
    for (const { incident } of held.values()) {
      const stored = await desk.read(incident.id)
      if (stored) hold(stored, false)
      else drop(incident)
    }
  }

  let ticks = 0
  async function tick(): Promise<void> {
    for (const due of parts.fleet.due(now())) sign({ ...due, cluster })
    groups.expire(now())
    startLooks()
    if (ticks++ % 8 === 0) await refresh()
    for (const one of held.values()) {
      try {
        await write(one)
        await watchRecovery(one)
        await showHeld(one.incident.id)
      } catch (error) {
        if (parts.signal.aborted) return
        log.warn(
          { cluster, incident: one.incident.id, error: messageOf(error) },
          'an incident could not be brought up to date; trying again',
        )
      }
    }
    await startInvestigations()
  }

  return { sign, tick, takeChanges: () => groups.takeChanges(), waiting: () => groups.pending().length }
}

function now(): number {
  return Date.now()
}
