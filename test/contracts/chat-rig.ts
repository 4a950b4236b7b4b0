// What the chat contract needs of a platform, and what its tests do all the time.
import type { Click, ClickReply } from '../../src/chat/contract.ts'
import type { Outbox } from '../../src/chat/outbox.ts'
import type { Attachment, Card } from '../../src/core/card.ts'
import type { Person } from '../../src/core/people.ts'
import type { Task } from '../../src/core/task.ts'
import type { Thread } from '../../src/core/thread.ts'
import { eventually } from '../chat/support.ts'

/** A message as people see it. */
export interface Seen {
  text: string
  files: { name: string; text: string; alt?: string | undefined }[]
  /** how often its body was changed after it was posted */
  edits: number
  /** the people and groups whom it notifies */
  notifies: string[]
}

/** One platform with the outbox in front of it, and a way to be the people behind it. */
export interface ChatRig {
  outbox: Outbox
  tasks: Task[]
  clicks: Click[]
  /** what the next clicks are answered with */
  reply: ClickReply
  person: Person
  /** a thread nobody has spoken in yet */
  newThread(): Promise<Thread>
  /** what the bot said in a thread, in order */
  seen(thread: Thread): Promise<Seen[]>
  /** what only that person was shown, in any thread */
  privately(person: Person): Promise<string[]>
  /** a place in the thread where the control can be pressed now; a select with its value, a form with its answers */
  press?(thread: Thread, label: string, how?: { value?: string; fields?: Record<string, string> }): Promise<void>
  /** the person writes to the bot; resolves the platform's own delivery, to repeat it */
  ask?(text: string): Promise<{ again?: () => Promise<void> }>
  /** somebody who must not ask, by kind */
  askAs?(kind: 'guest' | 'bot' | 'stranger', text: string): Promise<Person>
  /** reactions on the person's latest message */
  reactions?(): Promise<string[]>
  stop(): Promise<void>
}

export interface Can {
  ask: boolean
  edits: boolean
  files: boolean
}

export interface Talk {
  readonly rig: ChatRig
  put(thread: Thread, key: string, card: Partial<Card>, attachments?: Attachment[]): Promise<boolean>
  say(thread: Thread, key: string, text: string): Promise<boolean>
  seenWhen(thread: Thread, count: number): Promise<Seen[]>
}

/** `rig` is there once the tests run. */
export function createTalk(rig: () => ChatRig): Talk {
  function put(thread: Thread, key: string, card: Partial<Card>, attachments: Attachment[] = []): Promise<boolean> {
    return rig().outbox.put({
      kind: 'post',
      key,
      thread,
      card: { blocks: [], controls: [], ...card },
      attachments,
      root: false,
    })
  }

  function say(thread: Thread, key: string, text: string): Promise<boolean> {
    return put(thread, key, { blocks: [{ kind: 'text', text }] })
  }

  async function seenWhen(thread: Thread, count: number): Promise<Seen[]> {
    return eventually(`${count} messages`, async () => {
      const seen = await rig().seen(thread)
      return seen.length >= count && seen
    })
  }

  return {
    get rig() {
      return rig()
    },
    put,
    say,
    seenWhen,
  }
}
