// Where the parts meet: which roles run in this process, and what each of them is given. Nothing else builds collaborators.
import { createAudit } from './audit/chain.ts'
import type { Adapter } from './chat/contract.ts'
import { createMailbox } from './chat/mailbox/adapter.ts'
import { createOutbox, type Outbox } from './chat/outbox.ts'
import { messageOf } from './core/errors.ts'
import { startHealth } from './health.ts'
import type { Listening } from './http.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createQueue, type TaskQueue } from './queue/queue.ts'
import type { AppOptions, Parts } from './roles/parts.ts'
import { createApprovals } from './safety/approvals.ts'
import { loadPolicy } from './safety/policy.ts'
import { loadAuditKey } from './safety/signature.ts'
import { createStanding } from './safety/standing.ts'
import { connectStore } from './store/redis.ts'
import type { Store } from './store/store.ts'
import type { ChangeContext } from './tasks/change/context.ts'

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
    for (const end of stops.splice(0).reverse())
      await end().catch((error: unknown) => log.error({ error: messageOf(error) }, 'a part did not stop cleanly'))
  }
  try {
    const store = await connectStore({
      dataDir: config.DATA_DIR,
      log,
      ...(config.REDIS_URL ? { url: config.REDIS_URL } : {}),
    })
    stops.push(() => store.close())
    const metrics = createMetrics({ process: options.health !== false })
    const outbox = createOutbox({ store, local: [createMailbox(store)] })
    const queue = createQueue(store, { log })
    stops.push(() => queue.close())
    const change: ChangeContext = {
      store,
      outbox,
      metrics,
      log,
      config,
      clusters: options.clusters,
      approvals: createApprovals(store),
      audit: createAudit({
        store,
        key: await loadAuditKey(config),
        anchor: config.AUDIT_ANCHOR,
        log,
      }),
      policy: await loadPolicy(config),
      standing: createStanding({ store, level: config.AUTONOMY_LEVEL }),
      practice: options.practice === true,
      enqueue: (task, delay) => queue.enqueue(task, delay),
    }
    const parts: Parts = { ...options, store, metrics, outbox, queue, change }
    // a process loads only the roles it runs
    if (roles.includes('executor')) stops.push(await (await import('./roles/executor.ts')).startExecutorRole(parts))
    if (roles.includes('worker')) stops.push(await (await import('./roles/worker.ts')).startWorkerRole(parts))
    if (roles.includes('watcher')) stops.push(await (await import('./roles/watcher.ts')).startWatcherRole(parts))
    const bot = roles.includes('bot') ? await (await import('./roles/bot.ts')).startBotRole(parts, stops) : undefined
    const health = options.health === false ? undefined : await openHealth(parts, bot?.adapters ?? [], stops)
    watchNumbers(parts)
    return {
      store,
      outbox,
      queue,
      metrics,
      adapters: bot?.adapters ?? [],
      healthPort: health?.port,
      doorPort: bot?.doors?.port,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function openHealth(parts: Parts, adapters: Adapter[], stops: (() => Promise<void>)[]): Promise<Listening> {
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
  metrics.watch(
    'outbox_waiting',
    'Threads with something still to be said',
    async () => (await outbox.counts()).waiting,
  )
  metrics.watch(
    'outbox_dead',
    'Messages that could not be delivered and never will be',
    async () => (await outbox.counts()).dead,
  )
  metrics.watch('queue_waiting', 'Tasks that wait', async () =>
    Object.values(await queue.stats()).reduce((sum, role) => sum + role.waiting + role.delayed, 0),
  )
}
