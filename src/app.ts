// Where the parts meet: which roles run in this process, and what each of them is given. Nothing else builds collaborators.
import type { Agent } from './agent/contract.ts'
import type { Adapter, AdapterContext, Handlers } from './chat/contract.ts'
import { createDelivery, type Delivery } from './chat/delivery.ts'
import { type Doors, openDoors } from './chat/doors.ts'
import { createAdapters } from './chat/index.ts'
import { createMailbox } from './chat/mailbox/adapter.ts'
import { createOutbox, type Outbox } from './chat/outbox.ts'
import { createPeople } from './chat/people.ts'
import type { Config } from './config.ts'
import { messageOf } from './core/errors.ts'
import { type HealthServer, startHealth } from './health.ts'
import type { Clusters } from './kube/clusters.ts'
import type { Logger } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createQueue, type TaskQueue } from './queue/queue.ts'
import { startWorker, type TaskHandlers, type TaskWorker } from './queue/worker.ts'
import { connectStore } from './store/redis.ts'
import type { Store } from './store/store.ts'
import { click } from './tasks/click.ts'
import type { TaskContext } from './tasks/context.ts'
import { sayFailed } from './tasks/failed.ts'

export const ROLES = ['bot', 'worker'] as const
export type Role = (typeof ROLES)[number]

export interface AppOptions {
  config: Config
  roles: readonly Role[]
  clusters: Clusters
  log: Logger
  /** adapters that the command brings itself: the terminal owns its window */
  adapters?: (context: AdapterContext) => Adapter[]
  /** false: no port is opened (chat, demo, tests) */
  health?: boolean
  /** loaded when a worker starts */
  agent(): Promise<Agent>
}

export interface App {
  store: Store
  outbox: Outbox
  queue: TaskQueue
  adapters: Adapter[]
  metrics: Metrics
  healthPort: number | undefined
  doorPort: number | undefined
  /** takes nothing new, finishes what runs, says what is to be said, then closes */
  stop(): Promise<void>
}

export async function startApp(options: AppOptions): Promise<App> {
  const { config, log, roles } = options
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    // in the reverse order of starting, each even if another fails
    for (const end of stops.splice(0).reverse()) await end().catch((error: unknown) => log.error({ error: messageOf(error) }, 'a part did not stop cleanly'))
  }
  try {
    const store = await connectStore({ dataDir: config.DATA_DIR, log, ...(config.REDIS_URL ? { url: config.REDIS_URL } : {}) })
    stops.push(() => store.close())
    const metrics = createMetrics({ process: options.health !== false })
    const outbox = createOutbox({ store, local: [createMailbox(store)] })
    const queue = createQueue(store, { log })
    stops.push(() => queue.close())
    const parts: Parts = { ...options, store, metrics, outbox, queue }
    if (roles.includes('worker')) stops.push(await startWorkerRole(parts))
    const bot = roles.includes('bot') ? await startBotRole(parts, stops) : undefined
    const health = options.health === false ? undefined : await openHealth(parts, bot?.adapters ?? [], stops)
    watchNumbers(parts)
    return { store, outbox, queue, metrics, adapters: bot?.adapters ?? [], healthPort: health?.port, doorPort: bot?.doors?.port, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Parts extends AppOptions {
  store: Store
  metrics: Metrics
  outbox: Outbox
  queue: TaskQueue
}

/** Reads clusters and thinks; says everything through the outbox. */
async function startWorkerRole(parts: Parts): Promise<() => Promise<void>> {
  const [{ answer }, agent] = await Promise.all([import('./tasks/answer.ts'), parts.agent()])
  const context: TaskContext = { ...parts, agent }
  const handlers: TaskHandlers = { answer: (task, { signal }) => answer(task, context, signal) }
  const worker = runRole('worker', handlers, parts.config.MAX_CONCURRENT_TASKS, parts)
  return () => worker.stop()
}

function runRole(role: 'worker' | 'bot' | 'executor', handlers: TaskHandlers, concurrency: number, parts: Parts): TaskWorker {
  const { store, log, metrics, outbox } = parts
  return startWorker({
    store,
    role,
    handlers,
    concurrency,
    log,
    metrics,
    onFailed: (task, error, id) => sayFailed(task, error, id, { outbox }),
  })
}

/** The only holder of chat tokens: listens, and delivers the outbox. */
async function startBotRole(parts: Parts, stops: (() => Promise<void>)[]): Promise<{ adapters: Adapter[]; delivery: Delivery; doors: Doors | undefined }> {
  const { config, store, outbox, queue, log } = parts
  const context: AdapterContext = { config, store, outbox, log }
  const adapters = [...(await createAdapters(context)), ...(parts.adapters?.(context) ?? [])]
  const people = createPeople({ askers: config.ASKERS, adapters: () => adapters, log })
  const delivery = createDelivery({ store, adapters, log })
  await delivery.start()
  stops.push(() => delivery.stop())
  const enqueue: Handlers['enqueue'] = (task) => queue.enqueue(task)
  const handlers: Handlers = {
    enqueue,
    mayAsk: people.mayAsk,
    onClick: (press) => click(press, { store, enqueue, mayAsk: people.mayAsk, log }),
  }
  const doors = adapters.flatMap((adapter) => (adapter.door ? [adapter.door] : []))
  const open = doors.length > 0 ? await openDoors(config.API_PORT, doors, log) : undefined
  if (open) stops.push(() => open.close())
  for (const adapter of adapters) {
    await adapter.start(handlers)
    stops.push(() => adapter.stop())
  }
  return { adapters, delivery, doors: open }
}

async function openHealth(parts: Parts, adapters: Adapter[], stops: (() => Promise<void>)[]): Promise<HealthServer> {
  const { store, metrics, config } = parts
  const server = await startHealth(config.HEALTH_PORT, {
    async notReady() {
      const redis = (await store.healthy()) ? [] : ['redis: it does not answer']
      const chats = adapters.map((adapter) => adapter.health()).filter((health) => !health.ok)
      return [...redis, ...chats.map((health) => `${health.name}: ${health.detail}`)]
    },
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
  })
  stops.push(() => server.close())
  return server
}

function watchNumbers({ metrics, outbox, queue }: Parts): void {
  metrics.watch('outbox_waiting', 'Threads with something still to be said', async () => (await outbox.counts()).waiting)
  metrics.watch('outbox_dead', 'Messages that could not be delivered and never will be', async () => (await outbox.counts()).dead)
  metrics.watch('queue_waiting', 'Tasks that wait', async () => Object.values(await queue.stats()).reduce((sum, role) => sum + role.waiting + role.delayed, 0))
}
