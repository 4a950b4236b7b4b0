// Kubeconfigs as tests write them down, and the clusters that they name.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/config.ts'
import { loadClusters } from '../../src/kube/clusters.ts'
import { temporaryFolder } from '../store/redis-server.ts'

export interface Parts {
  clusters?: Record<string, object>
  users?: Record<string, object>
  contexts?: Record<string, object>
  current?: string
}

/** Resolves its path; files that it names are looked for beside it. */
export async function kubeconfig(parts: Parts, folder = temporaryFolder()): Promise<string> {
  const named = (key: string, entries: Record<string, object> = {}) =>
    Object.entries(entries).map(([entry, value]) => ({ name: entry, [key]: value }))
  const path = join(folder, 'config')
  await writeFile(
    path,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: named('cluster', parts.clusters),
      users: named('user', parts.users),
      contexts: named('context', parts.contexts),
      'current-context': parts.current,
    }),
  )
  return path
}

export const load = (env: Record<string, string>, options = {}) =>
  loadClusters(loadConfig(env, false), { inCluster: undefined, ...options })
