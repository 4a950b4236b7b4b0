// `serve`: the bot. Starts the roles asked for, prints `ready`, and stops gracefully on SIGTERM.
import { flushCompileCache } from 'node:module'
import { type App, startApp } from '../app.ts'
import { type Config, loadConfig } from '../config.ts'
import { UsageError } from '../core/errors.ts'
import type { Clusters } from '../kube/clusters.ts'
import { createLogger, type Logger } from '../log.ts'
import { ROLES, type Role } from '../roles/parts.ts'
import { loadPolicy } from '../safety/policy.ts'
import { chooseAgent } from './agent.ts'
import type { Io } from './io.ts'
import { files, readOptions, text } from './options.ts'
import { noClusters, openServeClusters } from './serve-clusters.ts'
import { stopSignal } from './signals.ts'

const USAGE = `Usage: firstmate serve [--roles LIST] [--practice] [--load FILE…]

  --roles LIST  comma-separated: ${ROLES.join(', ')}; default all of them in this process, the watcher only where incidents have a channel
  --practice    bring the practice cluster and use it instead of a real one
  --load FILE   what the practice cluster starts with (files, folders); default: the built-in shop
`

export async function serve(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(
    args,
    { roles: { type: 'string' }, practice: { type: 'boolean' }, load: { type: 'string', multiple: true } },
    USAGE,
    io,
    'load',
  )
  if (!parsed) return 0
  const config = loadConfig()
  const log = createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT })
  const roles = await readRoles(text(parsed, 'roles'), config)
  if (roles.includes('bot') && !config.SLACK_BOT_TOKEN && !config.DISCORD_BOT_TOKEN) {
    log.warn(
      'no chat platform is configured: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (docs/slack.md); until then only the terminal chat can talk to this',
    )
  }
  const practice = parsed.values.practice === true
  const looks = roles.some((role) => role !== 'bot')
  const { clusters, writers, close } = looks
    ? await openServeClusters(config, practice, files(parsed, 'load'), io)
    : noClusters()
  let app: App | undefined
  try {
    const stopping = stopSignal()
    app = await startApp({
      config,
      roles,
      clusters,
      ...(writers ? { writers } : {}),
      practice,
      log,
      agent: () => chooseAgent(config),
    })
    announce(app, clusters, roles, practice, io, log)
    // the next start finds what this one compiled, even if this one is killed
    flushCompileCache()
    const signal = await stopping
    log.info({ signal }, 'stopping')
    return 0
  } finally {
    await app?.stop()
    await close()
  }
}

function announce(app: App, clusters: Clusters, roles: Role[], practice: boolean, io: Io, log: Logger): void {
  log.info(
    { roles, clusters: clusters.list(), practice, store: app.store.where, health: app.healthPort, http: app.doorPort },
    'ready',
  )
  io.out('ready\n')
}

/** All of them; the watcher only where there is a channel to open threads in, or when it is asked for. */
export async function readRoles(value: string | undefined, config: Config): Promise<Role[]> {
  if (value === undefined || value === 'all') {
    const watched = config.INCIDENT_CHANNELS.length > 0 || (await loadPolicy(config)).routing !== undefined
    return ROLES.filter((role) => role !== 'watcher' || watched)
  }
  const names = value.split(',').map((name) => name.trim())
  const wrong = names.find((name) => !(ROLES as readonly string[]).includes(name))
  if (wrong !== undefined) throw new UsageError(`--roles has "${wrong}"; allowed are ${ROLES.join(', ')}, and all.`)
  return names as Role[]
}
