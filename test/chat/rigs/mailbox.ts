// The mailbox for the contract suite: what a reader of the thread finds there.
import { createMailbox } from '../../../src/chat/mailbox/adapter.ts'
import { createOutbox } from '../../../src/chat/outbox.ts'
import { cardText } from '../../../src/chat/plain.ts'
import type { ChatRig } from '../../contracts/chat-rig.ts'
import { startRedis } from '../support.ts'

export async function openMailboxRig(): Promise<ChatRig> {
  const redis = await startRedis()
  const store = await redis.connect()
  const mailbox = createMailbox(store)
  const threads: string[] = []
  const threadOf = (thread: string) => ({
    platform: 'mailbox' as const,
    workspace: '',
    channel: 'rest',
    thread,
    direct: true,
  })
  return {
    outbox: createOutbox({ store, local: [mailbox] }),
    tasks: [],
    clicks: [],
    reply: {},
    person: { platform: 'api', workspace: '', id: 'ci', name: 'ci' },
    async newThread() {
      threads.push(`t${threads.length}`)
      return threadOf(threads.at(-1)!)
    },
    async seen(thread) {
      const mails = await mailbox.read(thread)
      return mails
        .filter((mail) => mail.privateTo === undefined)
        .map((mail) => ({
          text: `${cardText(mail.card)}\n${mail.card.controls.map((one) => (one.kind === 'button' ? one.label : one.placeholder)).join('\n')}`,
          files: mail.attachments.map((file) => ({ name: file.name, text: file.data, alt: file.alt })),
          edits: mail.revision - 1,
          notifies: [],
        }))
    },
    async privately(person) {
      const mails = (await Promise.all(threads.map((one) => mailbox.read(threadOf(one))))).flat()
      return mails.filter((mail) => mail.privateTo === `api:${person.id}`).map((mail) => cardText(mail.card))
    },
    stop: () => redis.stop(),
  }
}
