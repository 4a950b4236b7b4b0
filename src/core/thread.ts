// A Thread is the one place where a conversation happens; everything said is said in one.
import { z } from 'zod'

/**
 * `slack`: workspace = team, channel = channel, thread = ts of the root message.
 * `discord`: workspace = server id or '' in a DM, channel = parent channel or DM channel, thread = thread channel id
 *            (for a mention outside a thread: the id of the message the thread is opened from).
 * `terminal`: channel = 'terminal', thread = session. `mailbox`: a thread without a window (REST, A2A, custom resources).
 */
export const Thread = z.object({
  platform: z.enum(['slack', 'discord', 'terminal', 'mailbox']),
  workspace: z.string(),
  channel: z.string(),
  thread: z.string(),
  /** direct messages belong to one person; everything else is seen by many */
  direct: z.boolean().default(false),
})
export type Thread = z.infer<typeof Thread>

export function threadKey(thread: Thread): string {
  return [thread.platform, thread.workspace, thread.channel, thread.thread].join('/')
}

/** A message that a person wrote, as the platform names it. */
export const MessageRef = z.object({ thread: Thread, message: z.string() })
export type MessageRef = z.infer<typeof MessageRef>
