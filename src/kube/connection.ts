// How one API server is reached and as whom. Certificates, tokens and passwords need no vendor; sign-in programs and proxies load it lazily.
import { readFile } from 'node:fs/promises'
import { Agent as HttpAgent, type OutgoingHttpHeaders } from 'node:http'
import { type AgentOptions, Agent as HttpsAgent, type RequestOptions } from 'node:https'
import { SettingsError } from '../core/errors.ts'
import type { KubeconfigCluster, KubeconfigUser } from './kubeconfig.ts'

export interface Connection {
  server: URL
  agent: HttpAgent | HttpsAgent
  /** Fresh for every request: tokens change. `renew` asks for a new one after a 401. */
  headers(renew?: boolean): Promise<OutgoingHttpHeaders>
  /** What a log or an audit may show of it: the agent holds keys. */
  toJSON(): string
}

export interface ConnectionParts {
  cluster: KubeconfigCluster
  user?: KubeconfigUser
}

// every watch holds one
const SOCKETS = 64
// the kubelet renews a projected token at 80 % of its life of an hour or more
const TOKEN_TTL_MS = 60_000

export async function connect({ cluster, user = {} as KubeconfigUser }: ConnectionParts): Promise<Connection> {
  const server = serverUrl(cluster.server)
  if (user.exec || user['auth-provider'] || cluster['proxy-url']) return vendorConnection(server, cluster, user)
  const agent =
    server.protocol === 'http:'
      ? new HttpAgent(KEEP_ALIVE)
      : new HttpsAgent({ ...KEEP_ALIVE, ...(await tls(cluster, user)) })
  const token = tokenSource(user)
  return connectionOf(server, agent, async (renew = false) => {
    const bearer = await token(renew)
    return { ...impersonation(user), ...(bearer ? { authorization: bearer } : {}) }
  })
}

/** Plain http without credentials: the practice cluster. */
export function connectUrl(url: string): Connection {
  return connectionOf(serverUrl(url), new HttpAgent(KEEP_ALIVE), async () => ({}))
}

function connectionOf(server: URL, agent: Connection['agent'], headers: Connection['headers']): Connection {
  return { server, agent, headers, toJSON: () => server.origin }
}

const KEEP_ALIVE = { keepAlive: true, maxSockets: SOCKETS, maxFreeSockets: SOCKETS, timeout: 60_000 }

function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new SettingsError('KUBECONFIG has a cluster whose server is no http or https address.')
  }
  return url
}

async function tls(cluster: KubeconfigCluster, user: KubeconfigUser): Promise<AgentOptions> {
  const options: AgentOptions = {
    ca: await material(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: await material(user['client-certificate-data'], user['client-certificate']),
    key: await material(user['client-key-data'], user['client-key']),
  }
  if (cluster['tls-server-name']) options.servername = cluster['tls-server-name']
  if (cluster['insecure-skip-tls-verify']) options.rejectUnauthorized = false
  return options
}

async function material(data: string | null | undefined, file: string | null | undefined): Promise<Buffer | undefined> {
  if (data) return Buffer.from(data, 'base64')
  if (!file) return undefined
  return readFile(file).catch(() => {
    throw new SettingsError(`KUBECONFIG names the file ${file}, which cannot be read.`)
  })
}

function tokenSource(user: KubeconfigUser): (renew: boolean) => Promise<string | undefined> {
  if (user.username && !user.token && !user.tokenFile) {
    const basic = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`
    return async () => basic
  }
  const file = user.tokenFile
  if (!file) return async () => (user.token ? `Bearer ${user.token}` : undefined)
  let cached: { bearer: string; until: number } | undefined
  return async (renew) => {
    if (cached && !renew && Date.now() < cached.until) return cached.bearer
    const token = await readFile(file, 'utf8').catch(() => {
      throw new SettingsError(`The token file ${file} cannot be read.`)
    })
    cached = { bearer: `Bearer ${token.trim()}`, until: Date.now() + TOKEN_TTL_MS }
    return cached.bearer
  }
}

/** `as`, `as-groups` and `as-uid` of a kubeconfig user. */
function impersonation(user: KubeconfigUser): OutgoingHttpHeaders {
  return {
    ...(user.as ? { 'impersonate-user': user.as } : {}),
    ...(user['as-groups']?.length ? { 'impersonate-group': user['as-groups'] } : {}),
    ...(user['as-uid'] ? { 'impersonate-uid': user['as-uid'] } : {}),
  }
}

/** Sign-in programs (exec), OIDC and proxies: client-node knows them all; 90 MB that only their users pay. */
async function vendorConnection(server: URL, cluster: KubeconfigCluster, user: KubeconfigUser): Promise<Connection> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromString(
    JSON.stringify({
      clusters: [{ name: 'cluster', cluster }],
      users: [{ name: 'user', user }],
      contexts: [{ name: 'context', context: { cluster: 'cluster', user: 'user' } }],
      'current-context': 'context',
    }),
  )
  const first: RequestOptions = {}
  await config.applyToHTTPSOptions(first)
  return connectionOf(server, first.agent as HttpsAgent, async () => {
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    const basic = options.auth ? { authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` } : {}
    return { ...impersonation(user), ...basic, ...(options.headers as OutgoingHttpHeaders | undefined) }
  })
}
