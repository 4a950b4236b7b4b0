// Whether what an action wanted to see is there: pure, from one look at the object.

import type { Step } from '../core/plan.ts'
import { refText } from '../core/ref.ts'
import type { KubeObject } from '../objects/object.ts'
import { sameJson } from '../objects/same.ts'
import type { Expectation } from './action.ts'
import { isRecord, valueAt } from './requests.ts'

export interface Seen {
  state: 'met' | 'waiting' | 'failed'
  /** a clause: "2 of 3 replicas are available" */
  words: string
}

/** What the object says to an expectation; `live` is undefined when it is not there. */
export function look(expectation: Expectation, live: KubeObject | undefined): Seen {
  const what = refText(expectation.object)
  switch (expectation.kind) {
    case 'gone':
      if (!live || live.metadata.uid !== expectation.uid) return met(`${what} is gone`)
      return waiting(`${what} is still there`)
    case 'there':
      return live ? met(`${what} is there`) : waiting(`${what} is not there yet`)
    case 'field': {
      if (!live) return failed(`${what} is not there`)
      const value = valueAt(live, expectation.path)
      return sameJson(value ?? null, expectation.value)
        ? met(`${what} is as asked`)
        : waiting(`${what} is not yet as asked`)
    }
    case 'rollout':
      return live ? rollout(live, what) : failed(`${what} is not there`)
  }
}

/** As `kubectl rollout status` (kubectl/pkg/polymorphichelpers/rollout_status.go). */
function rollout(live: KubeObject, what: string): Seen {
  const { spec = {}, status = {}, metadata } = live
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return waiting(`${what} is not yet observed by its controller`)
  const progressing = (status.conditions ?? []).find((item: { type?: string }) => item.type === 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return failed(`the rollout of ${what} exceeded its progress deadline`)
  const isDaemonSet = live.kind === 'DaemonSet'
  const wanted = Number(isDaemonSet ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1))
  const updated = Number((isDaemonSet ? status.updatedNumberScheduled : status.updatedReplicas) ?? 0)
  const total = Number((isDaemonSet ? status.currentNumberScheduled : status.replicas) ?? 0)
  const available = Number(
    (isDaemonSet ? status.numberAvailable : (status.availableReplicas ?? status.readyReplicas)) ?? 0,
  )
  const counted = ['Deployment', 'StatefulSet', 'DaemonSet'].includes(live.kind)
  if (live.kind === 'StatefulSet' && spec.updateStrategy?.type === 'OnDelete')
    return met(`${what} updates its pods when they are deleted`)
  if (counted && updated < wanted) return waiting(`${updated} of ${wanted} replicas of ${what} are updated`)
  if (live.kind === 'Deployment' && total > updated)
    return waiting(`${total - updated} old replicas of ${what} still run`)
  if (counted && total > wanted) return waiting(`${total - wanted} replicas of ${what} still stop`)
  if (available < wanted) return waiting(`${available} of ${wanted} replicas of ${what} are available`)
  if (wanted === 0 && total > 0) return waiting(`${total} replicas of ${what} still run`)
  return met(wanted === 0 ? `${what} runs no replica` : `${available} of ${wanted} replicas of ${what} are available`)
}

/** A delete has worked when that uid is gone. */
export function goneExpectation(steps: readonly Step[], seconds = 120): Expectation[] {
  return steps.flatMap((step): Expectation[] => {
    const uid = uidOf(step)
    return uid === undefined ? [] : [{ kind: 'gone', object: step.object, uid, seconds }]
  })
}

function uidOf({ request: { body } }: Step): string | undefined {
  const options = isRecord(body) && isRecord(body.deleteOptions) ? body.deleteOptions : body
  const preconditions = isRecord(options) ? options.preconditions : undefined
  return isRecord(preconditions) && typeof preconditions.uid === 'string' ? preconditions.uid : undefined
}

function met(words: string): Seen {
  return { state: 'met', words }
}
function waiting(words: string): Seen {
  return { state: 'waiting', words }
}
function failed(words: string): Seen {
  return { state: 'failed', words }
}
