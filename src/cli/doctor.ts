// `doctor`: what is configured, what is reachable, what is missing. Changes nothing, prints no secret, and never stops at the first fault.
import { createAdapters } from '../chat/index.ts'
import { createOutbox } from '../chat/outbox.ts'
import { type Config, loadConfig } from '../config.ts'
import { messageOf } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { parseRouting } from '../incidents/routing.ts'
import { incidentSettings } from '../incidents/settings.ts'
import { type Clusters, loadClusters } from '../kube/clusters.ts'
import { createLogger } from '../log.ts'
import { listFailed } from '../queue/failed.ts'
import { loadPolicy } from '../safety/policy.ts'
import { connectStore } from '../store/redis.ts'
import type { Store } from '../store/store.ts'
import { chooseAgent } from './agent.ts'
import { examineKeys } from './doctor/keys.ts'
import type { Report } from './doctor/report.ts'
import { examineWriters } from './doctor/writer.ts'
import type { Io } from './io.ts'
import { oneOf, readOptions, text } from './options.ts'

const USAGE = `Usage: firstmate doctor [--output text|json]

Looks at settings, Redis, clusters, chat platforms and the model; exit 1 when something is wrong.
`

export async function doctor(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(args, { output: { type: 'string' } }, USAGE, io)
  if (!parsed) return 0
  const output = oneOf(text(parsed, 'output'), ['text', 'json'] as const, 'output', 'text')
  const reports = await examine()
  const wrong = reports.some((report) => report.state === 'wrong')
  const shown = output === 'json' ? `${JSON.stringify({ ok: !wrong, reports }, null, 2)}\n` : reports.map(line).join('')
  io.out(redact(shown))
  return wrong ? 1 : 0
}

function line({ area, state, detail }: Report): string {
  return `${{ ok: '✓', missing: '·', wrong: '✗' }[state]} ${area.padEnd(12)} ${detail}\n`
}

async function examine(): Promise<Report[]> {
  let config: Config
  try {
    config = loadConfig()
  } catch (error) {
    return messageOf(error)
      .split('\n')
      .map((detail) => ({ area: 'settings', state: 'wrong', detail }))
  }
  const people: Report[] =
    config.APPROVERS.length > 0
      ? []
      : [{ area: 'people', state: 'missing', detail: 'APPROVERS is not set: nobody can approve a change' }]
  const [settings, clusters, stored, model] = await Promise.all([
    examineSettings(config),
    examineClusters(config),
    examineStore(config),
    examineModel(config),
  ])
  return [...settings, ...people, ...clusters, ...stored, model]
}

/** What the rooms read by themselves when they start. */
async function examineSettings(config: Config): Promise<Report[]> {
  const reads = [
    async () => parseRouting((await loadPolicy(config)).routing, config.INCIDENT_CHANNELS),
    async () => incidentSettings(),
  ]
  const wrong = (await Promise.allSettled(reads.map((read) => read()))).flatMap((result): Report[] =>
    result.status === 'rejected' ? [{ area: 'settings', state: 'wrong', detail: messageOf(result.reason) }] : [],
  )
  return wrong.length > 0 ? wrong : [{ area: 'settings', state: 'ok', detail: 'every value can be read' }]
}

async function examineClusters(config: Config): Promise<Report[]> {
  let clusters: Clusters
  try {
    clusters = await loadClusters(config)
  } catch (error) {
    return [{ area: 'cluster', state: 'wrong', detail: messageOf(error) }]
  }
  const found = await Promise.all(clusters.list().map((name) => examineCluster(clusters, name)))
  return found.some(({ state }) => state === 'ok') ? [...found, ...(await examineWriters(config, clusters))] : found
}

const NEEDED = [
  { verb: 'list', resource: 'pods' },
  { verb: 'list', resource: 'events' },
  { verb: 'get', resource: 'pods/log' },
  { verb: 'list', resource: 'deployments', group: 'apps' },
  { verb: 'list', resource: 'nodes' },
  { verb: 'list', resource: 'namespaces' },
]

async function examineCluster(clusters: Clusters, name: string): Promise<Report> {
  const { reader } = clusters.get(name)
  try {
    const version = (await reader.get('/version', { timeoutMs: 5000 })) as { gitVersion?: string }
    const rights = await Promise.all(NEEDED.map(async (review) => ({ review, ...(await reader.can(review)) })))
    const refused = rights.filter(({ allowed }) => !allowed).map(({ review }) => `${review.verb} ${review.resource}`)
    const may =
      refused.length > 0
        ? `; not permitted cluster-wide: ${refused.join(', ')} (answers are then partial and say so)`
        : '; may read what the checks need'
    return {
      area: 'cluster',
      state: 'ok',
      detail: `${name} answers (${version.gitVersion ?? 'unknown version'})${may}`,
    }
  } catch (error) {
    return { area: 'cluster', state: 'wrong', detail: `${name}: ${messageOf(error)}` }
  }
}

async function examineStore(config: Config): Promise<Report[]> {
  const log = createLogger({ level: 'silent' })
  let store: Store
  try {
    store = await connectStore({
      dataDir: config.DATA_DIR,
      log,
      ...(config.REDIS_URL ? { url: config.REDIS_URL } : {}),
    })
  } catch (error) {
    return [{ area: 'redis', state: 'wrong', detail: messageOf(error) }, ...noChat(config)]
  }
  try {
    const redis: Report = { area: 'redis', state: 'ok', detail: store.where }
    return [
      redis,
      ...(await examineKeys(config, store)),
      ...(await examineChats(config, store)),
      ...(await examineLeftovers(store)),
    ]
  } finally {
    await store.close()
  }
}

function noChat(config: Config): Report[] {
  return config.SLACK_BOT_TOKEN || config.DISCORD_BOT_TOKEN
    ? [{ area: 'chat', state: 'missing', detail: 'not looked at: it needs Redis' }]
    : []
}

async function examineChats(config: Config, store: Store): Promise<Report[]> {
  const log = createLogger({ level: 'silent' })
  const outbox = createOutbox({ store })
  try {
    const adapters = await createAdapters({ config, store, outbox, log })
    if (adapters.length === 0)
      return [
        {
          area: 'chat',
          state: 'missing',
          detail: 'no platform is configured: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN',
        },
      ]
    const found = await Promise.all(adapters.map((adapter) => adapter.doctor()))
    return found.flat().map(({ name, ok, detail }) => ({ area: name, state: ok ? 'ok' : 'wrong', detail }))
  } catch (error) {
    return [{ area: 'chat', state: 'wrong', detail: messageOf(error) }]
  }
}

async function examineLeftovers(store: Store): Promise<Report[]> {
  const [dead, failed] = await Promise.all([createOutbox({ store }).dead(5), listFailed(store)])
  return [
    ...dead.map(
      (letter): Report => ({
        area: 'undelivered',
        state: 'wrong',
        detail: `${letter.at} to ${letter.thread.platform} ${letter.thread.channel}: ${letter.why}`,
      }),
    ),
    ...failed.slice(0, 5).map(
      (task): Report => ({
        area: 'failed task',
        state: 'wrong',
        detail: `${task.id} ${task.kind} at ${task.at}: ${task.error}`,
      }),
    ),
  ]
}

async function examineModel(config: Config): Promise<Report> {
  if (config.LLM_PROVIDER === 'none')
    return { area: 'model', state: 'missing', detail: 'LLM_PROVIDER=none: answers come from checks alone' }
  try {
    await chooseAgent(config)
    const model = config.LLM_MODEL ? ` ${config.LLM_MODEL}` : ''
    return {
      area: 'model',
      state: 'ok',
      detail: `${config.LLM_PROVIDER}${model} is configured (it is not asked anything here)`,
    }
  } catch (error) {
    return { area: 'model', state: 'wrong', detail: messageOf(error) }
  }
}
