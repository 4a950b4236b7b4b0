// The bot role's half of chat, put together as app.ts does, for tests: store, outbox, people, delivery, one adapter.
import type { Adapter, Click, ClickReply, Handlers } from '../../../src/chat/contract.ts'
import { createDelivery, type Delivery } from '../../../src/chat/delivery.ts'
import { createMailbox, type Mailbox } from '../../../src/chat/mailbox/adapter.ts'
import { createOutbox, type Outbox } from '../../../src/chat/outbox.ts'
import { createPeople } from '../../../src/chat/people.ts'
import type { PersonRule } from '../../../src/core/people.ts'
import type { Task } from '../../../src/core/task.ts'
import { type Logger, silentLogger } from '../../../src/log.ts'
import type { Store } from '../../../src/store/store.ts'

export interface Bot {
  store: Store
  outbox: Outbox
  mailbox: Mailbox
  adapter: Adapter
  delivery: Delivery
  tasks: Task[]
  clicks: Click[]
  handlers: Handlers
  reply: ClickReply
  stop: () => Promise<void>
}

export interface BotOptions {
  askers?: PersonRule[]
  log?: Logger
  /** called for every task accepted; the queue's own deduplication is imitated */
  onTask?: (task: Task, outbox: Outbox) => Promise<void>
  /** how long a dead bot keeps its threads */
  leaseMs?: number
  /** tasks that earlier bots on this store have taken */
  taken?: Set<string>
}

export async function startBot(
  store: Store,
  create: (parts: { store: Store; outbox: Outbox; log: Logger }) => Adapter,
  options: BotOptions = {},
): Promise<Bot> {
  const log = options.log ?? silentLogger
  const mailbox = createMailbox(store)
  const outbox = createOutbox({ store, local: [mailbox] })
  const adapter = create({ store, outbox, log })
  const people = createPeople({ askers: options.askers ?? [], adapters: () => [adapter], log })
  const delivery = createDelivery({
    store,
    adapters: [adapter],
    log,
    ...(options.leaseMs ? { leaseMs: options.leaseMs } : {}),
  })
  const taken = options.taken ?? new Set<string>()
  const bot: Bot = {
    store,
    outbox,
    mailbox,
    adapter,
    delivery,
    tasks: [],
    clicks: [],
    reply: {},
    handlers: {
      mayAsk: people.mayAsk,
      async enqueue(task) {
        const accepted = !taken.has(task.id)
        taken.add(task.id)
        if (!accepted) return { accepted }
        bot.tasks.push(task)
        await options.onTask?.(task, outbox)
        return { accepted }
      },
      async onClick(click) {
        bot.clicks.push(click)
        return bot.reply
      },
    },
    async stop() {
      await adapter.stop()
      await delivery.stop()
    },
  }
  await delivery.start()
  await adapter.start(bot.handlers)
  return bot
}
