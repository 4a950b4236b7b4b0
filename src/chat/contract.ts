// What every chat platform must do, in two halves: listen (people → tasks, clicks) and say (messages → people).
import type { Config } from '../config.ts'
import type { Attachment, Card, RichText } from '../core/card.ts'
import type { Person, PersonRule } from '../core/people.ts'
import type { Enqueue } from '../core/task.ts'
import type { MessageRef, Thread } from '../core/thread.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { Limit } from './budget.ts'
import type { Outbox } from './outbox.ts'

/** One platform with one account. A process may hold several; a thread is served by exactly one of them. */
export interface Adapter {
  name: Thread['platform']
  pace: Pace
  say: Say
  /** this account can speak in that thread (its workspace, its session) */
  serves(thread: Thread): boolean
  /** What the platform counts as one place where this stands, or (without `message`) where something said in that thread will; absent: its channel. */
  placeOf?(where: { thread: Thread; message?: string }): Promise<string>
  /**
   * Connects and listens. Resolves once the first attempt has succeeded or the platform proved unreachable (then it goes
   * on trying by itself and `health` says so). Throws a SettingsError when the platform refuses the account.
   */
  start(handlers: Handlers): Promise<void>
  /** The workspace (Slack team, Discord server) that a channel is in. Throws while the platform cannot say. Absent where there is only one. */
  workspaceOf?(channel: string): Promise<string>
  /** Takes nothing new, finishes what is being taken, disconnects. */
  stop(): Promise<void>
  health(): Health
  /** what `doctor` prints: credentials, scopes, channels */
  doctor(): Promise<Health[]>
  /** present when the platform calls us over HTTP; whoever owns the port mounts it */
  door?: Door
}

/** How fast a platform may be spoken to; the outboxes of all bots together keep to it before the platform has to say 429. */
export interface Pace {
  /** messages and files in one place */
  posts: Limit
  edits: Counted
  reactions: Counted
  /** shortest time between two edits of one message; the first may follow the post at once */
  editEveryMs: number
}

/** Whether the platform counts them for a workspace as a whole, or for each place in it. */
type Counted = Limit & { by: 'workspace' | 'place' }

export interface Health {
  name: string
  ok: boolean
  /** one sentence; when not ok, with what to do */
  detail: string
}

// ---- listen ----

/** What an adapter calls; each must have stored its work when it resolves, because the platform is told "received" next. */
export interface Handlers {
  enqueue: Enqueue
  mayAsk: (person: Person, where: Thread) => Promise<Verdict>
  onClick: (click: Click) => Promise<ClickReply>
  /** what this person may do; for pages such as the App Home, where nobody asks anything yet: a question or a click asks again. Throws a SayError. */
  rights?: (person: Person, where: Thread) => Promise<Rights>
  /** the plans that wait for a decision of this person, the next to expire first; for lists such as the App Home. Throws a SayError. */
  pending?: (person: Person) => Promise<PendingPlan[]>
}

/** A plan as a list shows it. */
export interface PendingPlan {
  /** the short name of the plan */
  name: string
  /** what it does, in one line */
  words: string
  tier: string
  cluster: string
  /** who asked for it, by name */
  requester: string
  /** RFC 3339 */
  deadline: string
  /** where its card stands, and the card's key in the outbox */
  thread: Thread
  key: string
}

export interface Rights {
  ask: Verdict
  approve: boolean
  administer: boolean
}

export type Verdict =
  /** `name` is how the platform calls them */
  | { allowed: true; name?: string }
  /** `why` is a sentence for that person alone */
  | { allowed: false; why: string }

/** A press of a control, a choice, or a form sent back. Only `control`, `person` and `on` may be believed, and `on` was checked to be ours. */
export interface Click {
  /** `i:<intent id>` or `a:<approval id>:<verb>` */
  control: string
  /** the choice of a select */
  value?: string
  /** the answers of the control's form, by field id */
  fields: Record<string, string>
  /** as the platform authenticated them */
  person: Person
  /** the message that carries the control */
  on: MessageRef
  /** unique for this press: the same press delivered twice has the same trigger */
  trigger: string
}

export interface ClickReply {
  /** shown to the person who clicked, and to nobody else */
  note?: RichText
  /** wrong answers of a form, by field id: the form stays open and shows them (where the platform can; else they become the note) */
  errors?: Record<string, string>
}

// ---- say ----

export interface Say {
  /**
   * Posts a card. `key` marks the message so that `find` can recognise it later. With `root`, the message is posted in the
   * channel itself and becomes the root of a thread. Returns where it stands. Throws a SayError.
   */
  post(message: { key: string; thread: Thread; card: Card; root: boolean }): Promise<Posted>
  /** Replaces what a message of ours shows. Throws a SayError. */
  update(on: MessageRef, message: { key: string; card: Card }): Promise<void>
  /** Where a message can be shown while it is being written; absent: it is edited. */
  stream?: Stream
  /** What of a card does not fit in one message and goes beside it as a file. Pure; undefined when all of it fits. */
  overflow(card: Card): Attachment | undefined
  /** Looks back for a message of ours with that key, posted at or after `since` (ms): undefined when there is none. */
  find(thread: Thread, key: string, since: number, root: boolean): Promise<Posted | undefined>
  /** Opens the thread of a question where the platform does not do so by itself; called once the question is stored. Harmless when it is open. */
  openThread(on: MessageRef, title: string): Promise<void>
  /** Seen by one person only. `key` as in `post`: in a direct message it can be found again. */
  notify(message: { key: string; to: Person; thread: Thread; card: Card }): Promise<void>
  /** Doing it twice is harmless. */
  react(on: MessageRef, sign: 'seen' | 'done' | 'failed'): Promise<void>
  /** Puts a file in the thread. `tag` is part of the file's name, so that the same file is not put there twice (see `hasFile`). */
  upload(thread: Thread, file: Attachment, tag: string): Promise<void>
  /** Looks back for a file uploaded with that tag. */
  hasFile(thread: Thread, tag: string, since: number): Promise<boolean>
  /** Who that is; of `rules` only the groups and roles are looked at. Not cached. Throws a SayError. */
  whois(person: Person, rules: PersonRule[]): Promise<Profile>
}

/** `update` ends a stream: what stands there at last is always put by an edit, whatever became of the stream. */
export interface Stream {
  /** how fast may be added to one message, and to all of a workspace together */
  addEveryMs: number
  adds: Limit
  /** Posts like `post`, open for more. Resolves undefined where or while that is not possible. Throws a SayError only when it may have been posted. */
  open(message: { key: string; thread: Thread; card: Card; to: Person }): Promise<Posted | undefined>
  /** Adds what `card` has more than `shown`. Resolves false when it is not more of the same, or nothing more is taken. Throws a SayError. */
  add(on: MessageRef, change: { key: string; shown: Card; card: Card }): Promise<boolean>
}

export interface Posted {
  /** the message's id as the platform names it */
  message: string
  /** the thread it stands in; for a root, the thread it has opened */
  thread: Thread
}

export interface Profile {
  name: string
  bot: boolean
  guest: boolean
  /** of another organisation, seen through a shared channel; also deactivated accounts */
  stranger: boolean
  /** of the groups asked about, those the person is in */
  groups: string[]
  roles: string[]
}

/**
 * Why something could not be said:
 * `limited` not said, again after `retryAfterMs`; `down` not said, the platform is away; `unknown` perhaps said, look back
 * before saying it again; `gone` the message to edit no longer exists; `refused` never will be said.
 */
export type SayFailure = 'limited' | 'down' | 'unknown' | 'gone' | 'refused'

export class SayError extends Error {
  override name = 'SayError'
  readonly failure: SayFailure
  readonly retryAfterMs: number
  constructor(failure: SayFailure, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.failure = failure
    this.retryAfterMs = options.retryAfterMs ?? 0
  }
}

// ---- HTTP ----

/** A path at which a platform calls us. `body` is the raw bytes, because signatures are over bytes. */
export interface Door {
  path: string
  handle(request: DoorRequest): Promise<DoorReply>
}
export interface DoorRequest {
  method: string
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}
export interface DoorReply {
  status: number
  contentType?: string
  body?: string
}

// ---- the list ----

export interface AdapterContext {
  config: Config
  store: Store
  outbox: Outbox
  log: Logger
}

/** An entry of the list in index.ts. `create` loads the platform's library; nothing is loaded for a platform that is not configured. */
export interface Member {
  name: Thread['platform']
  configured(config: Config): boolean
  create(context: AdapterContext): Promise<Adapter>
}
