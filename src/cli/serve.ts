// `serve`: the bot. Starts the roles asked for, prints `ready`, and stops gracefully on SIGTERM.
import { type App, ROLES, type Role, startApp } from '../app.ts'
import { type Config, loadConfig } from '../config.ts'
import { UsageError } from '../core/errors.ts'
import { type Clusters, clusterAt, clustersOf, loadClusters } from '../kube/clusters.ts'
import { createLogger, type Logger } from '../log.ts'
import { chooseAgent } from './agent.ts'
import { stopSignal } from './harbor.ts'
import type { Io } from './io.ts'
import { readOptions, text, texts } from './options.ts'

const USAGE = `Usage: firstmate serve [--roles LIST] [--practice] [--load FILE…]

  --roles LIST  comma-separated: ${ROLES.join(', ')}; default all of them in this process
  --practice    bring the practice cluster and use it instead of a real one
  --load FILE   what the practice cluster starts with (files, folders); default: the built-in shop
`

export async function serve(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(args, { roles: { type: 'string' }, practice: { type: 'boolean' }, load: { type: 'string', multiple: true } }, USAGE, io)
  if (!parsed) return 0
  const config = loadConfig()
  const log = createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT })
  const roles = readRoles(text(parsed, 'roles'))
  if (roles.includes('bot') && !config.SLACK_BOT_TOKEN && !config.DISCORD_BOT_TOKEN) {
    log.warn('no chat platform is configured: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (docs/slack.md); until then only the terminal chat can talk to this')
  }
  const practice = parsed.values.practice === true
  const { clusters, close } = await openServeClusters(config, practice, [...texts(parsed, 'load'), ...parsed.positionals], io)
  let app: App | undefined
  try {
    const stopping = stopSignal()
    app = await startApp({ config, roles, clusters, ...(await openWriters(config, practice)), practice, log, agent: () => chooseAgent(config) })
    announce(app, clusters, roles, practice, io, log)
    const signal = await stopping
    log.info({ signal }, 'stopping')
    return 0
  } finally {
    await app?.stop()
    await close()
  }
}

/** The writer's own kubeconfig names the same clusters; without one, reader and writer are the same account. */
async function openWriters(config: Config, practice: boolean): Promise<{ writers?: Clusters }> {
  if (practice || !config.WRITER_KUBECONFIG) return {}
  return { writers: await loadClusters({ ...config, KUBECONFIG: config.WRITER_KUBECONFIG }) }
}

function announce(app: App, clusters: Clusters, roles: Role[], practice: boolean, io: Io, log: Logger): void {
  log.info({ roles, clusters: clusters.list(), practice, store: app.store.where, health: app.healthPort, http: app.doorPort }, 'ready')
  io.out('ready\n')
}

function readRoles(value: string | undefined): Role[] {
  if (value === undefined || value === 'all') return [...ROLES]
  const names = value.split(',').map((name) => name.trim())
  const wrong = names.find((name) => !(ROLES as readonly string[]).includes(name))
  if (wrong !== undefined) throw new UsageError(`--roles has "${wrong}"; allowed are ${ROLES.join(', ')}, and all.`)
  return names as Role[]
}

export async function openServeClusters(config: Config, practice: boolean, files: string[], io: Io): Promise<{ clusters: Clusters; close(): Promise<void> }> {
  if (!practice) {
    if (files.length > 0) throw new UsageError('--load fills the practice cluster: add --practice.')
    return { clusters: await loadClusters(config), close: async () => undefined }
  }
  const [{ startHarbor }, { practiceFiles }] = await Promise.all([import('../harbor/index.ts'), import('./practice.ts')])
  const harbor = await startHarbor({ load: await practiceFiles(files, io.stdin), name: 'practice' })
  return { clusters: clustersOf([clusterAt('practice', harbor.url)]), close: () => harbor.close() }
}
