// The contract of the family: one file per verb turns an Action into the exact requests that a person approves.
import type { Action, ActionVerb } from '../core/action.ts'
import type { Precondition, Step } from '../core/plan.ts'
import type { ObjectRef } from '../core/ref.ts'
import type { KubeObject } from '../objects/object.ts'

export type ActionOf<V extends ActionVerb> = Extract<Action, { verb: V }>

type Awaitable<T> = T | Promise<T>

/** Where prior state is read from; a `Snapshot` is one. Whatever it answers is what the plan is bound to. */
export interface Lookup {
  /** `managers`: with metadata.managedFields, which are left out otherwise */
  find(ref: ObjectRef, options?: { managers?: boolean }): Awaitable<KubeObject | undefined>
  list(kind: string, namespace?: string): Awaitable<readonly KubeObject[]>
}

export interface Compiled {
  steps: Step[]
  preconditions: Precondition[]
  /** seconds that sending may take, PDB retries included */
  executionSeconds: number
  /** what the card should say beside the steps: what is left alone, what is lost */
  notes?: string[]
}

/** What must be seen afterwards for the change to have helped; `tasks/verify` looks until it holds or time is up. */
export type Expectation =
  /** the controller has observed the change and every wanted replica is updated and available */
  | { kind: 'rollout'; object: ObjectRef; seconds: number }
  /** the object is gone, or another one of the same name has taken its place */
  | { kind: 'gone'; object: ObjectRef; uid: string; seconds: number }
  | { kind: 'there'; object: ObjectRef; seconds: number }
  /** the field has the value; `null` means absent */
  | { kind: 'field'; object: ObjectRef; path: string[]; value: unknown; seconds: number }

export interface ActionContext {
  lookup: Lookup
  now: Date
  /** namespaces whose pods a drain leaves alone */
  leaveAlone: ReadonlySet<string>
}

export interface ActionMember<V extends ActionVerb = ActionVerb> {
  verb: V
  /** one line: what it does, for people and models */
  summary: string
  /** Throws a UsageError, NotFoundError or ConflictError with one sentence when there is nothing that could be sent. */
  compile(action: ActionOf<V>, context: ActionContext): Promise<Compiled>
  /** the way back, from the values that the steps record as before; undefined where there is none */
  undo(action: ActionOf<V>, steps: readonly Step[]): Action | undefined
  expect(action: ActionOf<V>, steps: readonly Step[]): Expectation[]
}
