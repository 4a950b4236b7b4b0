// The contract of a check: list → look → drafts. One file per kind of trouble in `checks/`, pure over a Snapshot, named in `checks/index.ts`.
import type { Action } from '../core/action.ts'
import type { Evidence, Severity } from '../core/finding.ts'
import type { ObjectRef } from '../core/ref.ts'
import type { Snapshot } from '../objects/snapshot.ts'

export interface Check {
  /** the file's name without `.ts`: `crash-loop` */
  name: string
  /** what it finds, why that matters, and how it is mended: the page in docs is generated from these */
  title: string
  why: string
  fix: string
  /** the kinds it reads (by `kind`), so that a snapshot fetches no more than checks ask for */
  reads: string[]
  run(snapshot: Snapshot): Draft[]
}

/**
 * How near a draft is to the root: a `symptom` only says that something does not work (rollout stuck, no endpoints), a `state`
 * says how (crash loop, pending), a `cause` says why for certain (key missing, volume full). On one workload the nearer explains the farther.
 */
export type Depth = 'symptom' | 'state' | 'cause'

/** A finding before `causes.ts` has decided which finding explains which. */
export interface Draft {
  severity: Severity
  /** the workload rather than its pods; the missing object where one is missing */
  object: ObjectRef
  /** default: `state` */
  depth?: Depth
  /** it only fills a gap: when anything explains it, it is not told at all */
  lastWord?: boolean
  /** what is wrong, with the numbers, as it reads after the object's name, which is put before it unless it is in it: "3 of 3 pods crash-looping for 6 min" */
  summary: string
  /** one sentence: why, as deep as the evidence goes */
  cause: string
  evidence: Evidence[]
  remedy: string
  action?: Action
  /** the recent change that fits in time, with its diff: "revision 14 at 14:01 removed env DATABASE_URL" */
  changed?: string
  /** RFC 3339, when it began, as far as the snapshot tells */
  since?: string
  /** the sick pods behind a draft about their workload: when another finding explains all of them, it explains this one */
  pods?: ObjectRef[]
  /** objects whose own trouble, if one is found, is the reason of this one: the dead Service behind a refused connection, the full node */
  dueTo?: ObjectRef[]
  /** objects that suffer because of this one: findings on them, or due to them, are explained by it */
  explains?: ObjectRef[]
}
