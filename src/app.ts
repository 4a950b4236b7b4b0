// Where the parts meet: which roles run in this process, and what each of them is given. Nothing else builds collaborators.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Agent } from './agent/contract.ts'
import { createAudit } from './audit/chain.ts'
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
import type { IncidentSettings } from './incidents/settings.ts'
import type { Clusters } from './kube/clusters.ts'
import type { Logger } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createQueue, type TaskQueue } from './queue/queue.ts'
import { startWorker, type TaskHandlers, type TaskWorker } from './queue/worker.ts'
import { createApprovals } from './safety/approvals.ts'
import type { Policy } from './safety/rules.ts'
import { createSigner, loadKeyFile, loadSigningKey } from './safety/signature.ts'
import { connectStore } from './store/redis.ts'
import type { Store } from './store/store.ts'
import type { ChangeContext, DecideContext, ExecuteContext } from './tasks/change/context.ts'
import { pendingFor, pendingPlan } from './tasks/change/pending.ts'
import { click } from './tasks/click.ts'
import type { TaskContext } from './tasks/context.ts'
import { decide } from './tasks/decide.ts'
import { expire } from './tasks/expire.ts'
import { sayFailed } from './tasks/failed.ts'
import { orderTask } from './tasks/orders.ts'
import { report } from './tasks/report.ts'

export const ROLES = ['bot', 'worker', 'executor', 'watcher'] as const
export type Role = (typeof ROLES)[number]

const SWEEP_MS = 5000

export interface AppOptions {
  config: Config
  roles: readonly Role[]
  clusters: Clusters
  /** the same clusters as the writer account sees them; default: as `clusters` (a single account) */
  writers?: Clusters
  /** the practice cluster: its terminal person may approve alone */
  practice?: boolean
  log: Logger
  /** adapters that the command brings itself: the terminal owns its window */
  adapters?: (context: AdapterContext) => Adapter[]
  /** false: no port is opened (chat, demo, tests) */
  health?: boolean
  /** loaded when a worker starts */
  agent(): Promise<Agent>
  /** when trouble becomes an incident; default: as the environment says */
  incidents?: IncidentSettings
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
        key: await loadKeyFile(join(config.DATA_DIR, 'audit.key')),
        anchor: config.AUDIT_ANCHOR,
        log,
      }),
      policy: await loadPolicy(config),
      practice: options.practice === true,
      enqueue: (task, delay) => queue.enqueue(task, delay),
    }
    const parts: Parts = { ...options, store, metrics, outbox, queue, change }
    if (roles.includes('executor')) stops.push(await startExecutorRole(parts))
    if (roles.includes('worker')) stops.push(await startWorkerRole(parts))
    if (roles.includes('watcher')) stops.push(await startWatcherRole(parts))
    const bot = roles.includes('bot') ? await startBotRole(parts, stops) : undefined
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

/** The rule language is loaded only where there are rules. */
async function loadPolicy({ POLICY_FILE: file }: Config): Promise<Policy> {
  if (!file) return { rules: [], levels: new Map(), budgets: {}, routing: undefined }
  const { parsePolicy } = await import('./safety/rules.ts')
  return parsePolicy(await readFile(file, 'utf8'), file)
}

interface Parts extends AppOptions {
  store: Store
  metrics: Metrics
  outbox: Outbox
  queue: TaskQueue
  change: ChangeContext
}

/** Reads clusters and thinks; says everything through the outbox. */
async function startWorkerRole(parts: Parts): Promise<() => Promise<void>> {
  const { change } = parts
  const [{ answer }, { propose }, { verify }, { settle }, agent, { investigate }] = await Promise.all([
    import('./tasks/answer.ts'),
    import('./tasks/propose.ts'),
    import('./tasks/verify.ts'),
    import('./tasks/settle.ts'),
    parts.agent(),
    import('./tasks/investigate.ts'),
  ])
  const context: TaskContext = { ...change, agent }
  const handlers: TaskHandlers = {
    answer: (task, { signal }) => answer(task, context, signal),
    propose: (task, { signal }) => propose(task, change, signal),
    verify: (task, { signal }) => verify(task, change, signal),
    settle: (task, { signal }) => settle(task, change, signal),
    investigate: (task, { signal }) => investigate(task, context, signal),
  }
  const worker = runRole('worker', handlers, parts.config.MAX_CONCURRENT_TASKS, parts)
  return () => worker.stop()
}

/** The only holder of the writer account: no model, no chat token. It runs what is approved, and the sweeper. */
async function startExecutorRole(parts: Parts): Promise<() => Promise<void>> {
  const { change, config, log } = parts
  const [{ preview }, { execute }, { sweep }, key] = await Promise.all([
    import('./tasks/preview.ts'),
    import('./tasks/execute.ts'),
    import('./tasks/sweep.ts'),
    loadSigningKey(config),
  ])
  const context: ExecuteContext = { ...change, signer: createSigner(key), writers: parts.writers ?? parts.clusters }
  const handlers: TaskHandlers = {
    preview: (task, { signal }) => preview(task, context, signal),
    execute: (task, { signal }) => execute(task, context, signal),
  }
  const worker = runRole('executor', handlers, config.MAX_CONCURRENT_TASKS, parts)
  const sweeper = setInterval(
    () =>
      void sweep(change).catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, 'the sweeper could not look at the approvals'),
      ),
    SWEEP_MS,
  )
  return async () => {
    clearInterval(sweeper)
    await worker.stop()
  }
}

/** Makes incidents of events, alerts and the state of things: one leader per cluster, whoever holds its lock. */
async function startWatcherRole(parts: Parts): Promise<() => Promise<void>> {
  const { change, clusters, config, store, log, metrics } = parts
  const [{ startWatcher }, { startAlerts }, { parseRouting }, { incidentSettings }, { showIncident }] =
    await Promise.all([
      import('./incidents/watcher.ts'),
      import('./incidents/alerts/listener.ts'),
      import('./incidents/routing.ts'),
      import('./incidents/settings.ts'),
      import('./tasks/incident-show.ts'),
    ])
  const settings = parts.incidents ?? incidentSettings()
  const routing = await parseRouting(change.policy.routing, config.INCIDENT_CHANNELS)
  const alerts = await startAlerts({ settings, store, clusters: clusters.list(), log, metrics })
  const watcher = startWatcher({
    clusters,
    store,
    routing,
    settings,
    log,
    metrics,
    show: async (incident) => (await showIncident(incident.id, change)).complete,
    enqueue: change.enqueue,
  })
  return async () => {
    await alerts?.close()
    await watcher.stop()
  }
}

/** The watcher has no chat token: the bot says where the incident channels are. */
async function announceIncidentHomes({ change, config, store, log }: Parts): Promise<() => void> {
  const [{ announceHomes }, { parseRouting }] = await Promise.all([
    import('./incidents/homes.ts'),
    import('./incidents/routing.ts'),
  ])
  return announceHomes((await parseRouting(change.policy.routing, config.INCIDENT_CHANNELS)).all, {
    config,
    store,
    log,
  })
}

function runRole(
  role: 'worker' | 'bot' | 'executor',
  handlers: TaskHandlers,
  concurrency: number,
  parts: Parts,
): TaskWorker {
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
async function startBotRole(
  parts: Parts,
  stops: (() => Promise<void>)[],
): Promise<{ adapters: Adapter[]; delivery: Delivery; doors: Doors | undefined }> {
  const { config, store, outbox, queue, log } = parts
  const context: AdapterContext = { config, store, outbox, log }
  const adapters = [...(await createAdapters(context)), ...(parts.adapters?.(context) ?? [])]
  const people = createPeople({ askers: config.ASKERS, adapters: () => adapters, log })
  const delivery = createDelivery({ store, adapters, log })
  await delivery.start()
  stops.push(() => delivery.stop())
  const { change } = parts
  const signer = createSigner(await loadSigningKey(config))
  // a captain's order waits behind no question, and needs no worker
  const enqueue: Handlers['enqueue'] = (task) => queue.enqueue(orderTask(task, signer) ?? task)
  const deciding: DecideContext = {
    ...change,
    signer,
    approver: async (person, rules) => {
      if (change.practice && person.platform === 'terminal') return { listed: true, name: person.name ?? person.id }
      const [profile, listed] = await Promise.all([
        people.profile(person, rules, { fresh: true }),
        people.isOneOf(person, rules, { fresh: true }),
      ])
      return { listed, name: profile.name }
    },
  }
  const worker = runRole(
    'bot',
    {
      decide: (task) => decide(task, deciding),
      report: (task) => report(task, deciding),
      expire: (task) => expire(task, change),
    },
    10,
    parts,
  )
  stops.push(() => worker.stop())
  const handlers: Handlers = {
    enqueue,
    mayAsk: people.mayAsk,
    onClick: (press) =>
      click(press, { store, outbox, approvals: change.approvals, enqueue, mayAsk: people.mayAsk, signer, log }),
    pending: async (person) => (await pendingFor(person, deciding)).mine.map(pendingPlan),
  }
  const doors = adapters.flatMap((adapter) => (adapter.door ? [adapter.door] : []))
  const open = doors.length > 0 ? await openDoors(config.API_PORT, doors, log) : undefined
  if (open) stops.push(() => open.close())
  for (const adapter of adapters) {
    await adapter.start(handlers)
    stops.push(() => adapter.stop())
  }
  if (config.INCIDENT_CHANNELS.length > 0 || change.policy.routing !== undefined) {
    const endHomes = await announceIncidentHomes(parts)
    stops.push(async () => endHomes())
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
