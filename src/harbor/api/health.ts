// Health and version, as clients probe them.
import type { ApiRequest } from './request.ts'
import type { Answer } from './respond.ts'

export const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.26.10',
  compiler: 'gc',
  platform: 'linux/amd64',
  practiceCluster: 'a Firstmate practice cluster: an imitation in memory, no real workloads run here',
}

const CHECKS = ['ping', 'log', 'etcd', 'informer-sync']

export function health({ path, query }: ApiRequest): Answer | undefined {
  const [, name = '', check] = path.split('/')
  if (!['healthz', 'livez', 'readyz'].includes(name)) return undefined
  if (check) {
    if (CHECKS.includes(check)) return { code: 200, text: 'ok' }
    return { code: 404, text: '404 page not found\n' }
  }
  if (!query.has('verbose')) return { code: 200, text: 'ok' }
  const lines = CHECKS.map((item) => `[+]${item} ok\n`).join('')
  return { code: 200, text: `${lines}${name} check passed\n` }
}
