// Groups of signs that crossed the threshold: the owners of one place are diagnosed together, a few places at once, before they become incidents.
import { messageOf } from '../../core/errors.ts'
import { type ObjectRef, refKey } from '../../core/ref.ts'
import { causeOf, type Look, lookAt, placeOf } from '../diagnosis.ts'
import { type Group, type Groups, gatheredOf } from '../groups.ts'
import { gatherRest } from './gather.ts'
import type { Holding } from './holding.ts'
import { placeName } from './learning.ts'
import type { Opening } from './opening.ts'
import type { KeeperParts } from './parts.ts'

/** signs that come together are looked at together */
const SETTLE_MS = 200
const RETRY_MS = 5000
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

/** Looks under way, of all kinds together; at most INCIDENT_MAX_INVESTIGATIONS at once. */
export interface Turns {
  looking: number
}

export interface Looks {
  start(): void
}

export function createLooks(
  parts: KeeperParts,
  groups: Groups,
  holding: Holding,
  opening: Opening,
  turns: Turns,
): Looks {
  const { cluster, settings, log } = parts
  const busy = new Set<string>()
  const retryAt = new Map<string, number>()

  /** The owners of one place are looked at together, a few places at once; the rest waits its turn. */
  function start(): void {
    const now = Date.now()
    for (const group of groups.pending()) {
      if (turns.looking >= settings.INCIDENT_MAX_INVESTIGATIONS) return
      const name = placeName(group.owner)
      if (busy.has(name) || now - (group.pendingAt ?? now) < SETTLE_MS || now < (retryAt.get(name) ?? 0)) continue
      const together = groups.pending().filter((other) => placeName(other.owner) === name)
      busy.add(name)
      turns.looking++
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
          turns.looking--
        })
    }
  }

  async function diagnoseGroups(together: Group[]): Promise<void> {
    const [first] = together
    if (!first) return
    const look = await lookOrNothing(
      parts,
      first.owner,
      Date.now() - (first.pendingAt ?? Date.now()) > 60_000,
      together.length,
    )
    for (const group of together) {
      const key = refKey(group.owner)
      // signs that came meanwhile are in the group still
      const current = groups.get(key)
      if (!current) continue
      const before = gatheredOf(current)
      await settleGroup(current, look)
      const one = holding.of(current.owner)
      if (one) gatherRest(cluster, one, current, before)
      groups.remove(key)
    }
  }

  async function settleGroup(group: Group, look: Look | undefined): Promise<void> {
    const gathered = gatheredOf(group)
    const finding = look?.explaining(group.owner)
    const alerts = [...gathered.alerts.values()]
    if (alerts.length > 0 && alerts.every((alert) => alert.resolved) && !finding) return
    if (look && !finding && hasPassed(group)) return holding.count('suppressed', group.count)
    const cause = finding && look ? causeOf(finding, group.owner, look) : undefined
    await opening.openOrJoin(gathered, cause, finding)
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

  return { start }
}

/** A cluster that does not answer is asked again; after a minute people hear of the trouble without its cause. */
async function lookOrNothing(
  parts: KeeperParts,
  owner: ObjectRef,
  late: boolean,
  owners: number,
): Promise<Look | undefined> {
  try {
    return await lookAt(parts.reader, placeOf(owner), lookSignal(parts), owners)
  } catch (error) {
    if (!late || parts.signal.aborted) throw error
    return undefined
  }
}

/** aborts when the leader stops, or when a look takes too long */
export function lookSignal({ signal }: KeeperParts): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)])
}
