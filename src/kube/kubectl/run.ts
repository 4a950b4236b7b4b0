// Runs one read command against one cluster and returns what kubectl would have printed, bounded.
import { UsageError } from '../../core/errors.ts'
import type { Cluster } from '../clusters.ts'
import { checkNamespace } from '../names.ts'
import { apiResources, apiVersions, clusterInfo, version } from './about.ts'
import { canI, whoami } from './auth.ts'
import { isSet, type ReadCommand, type ReadContext, type Verb } from './command.ts'
import { describe } from './describe/index.ts'
import { events } from './events.ts'
import { explain } from './explain.ts'
import { get } from './get.ts'
import { logs } from './logs.ts'
import { rolloutHistory, rolloutStatus } from './rollout.ts'
import { topNodes, topPods } from './top.ts'

export interface RunOptions {
  /** where a command without -n looks; default: the context's own namespace, else `default` */
  defaultNamespace?: string
  signal?: AbortSignal
  /** the most text to return; default 256 KiB */
  maxBytes?: number
  now?: Date
}

const VERBS: Record<string, Verb> = {
  get,
  describe,
  logs,
  events,
  explain,
  version,
  'top pod': topPods,
  'top node': topNodes,
  'rollout status': rolloutStatus,
  'rollout history': rolloutHistory,
  'auth can-i': canI,
  'auth whoami': whoami,
  'api-resources': apiResources,
  'api-versions': apiVersions,
  'cluster-info': clusterInfo,
}

const MAX_BYTES = 256 * 1024

/** The commands that `runRead` knows, as verb or verb and subverb. */
export const READ_VERBS: readonly string[] = Object.keys(VERBS)

/** Throws the error types of core/errors, each with one sentence. `text` ends without a newline. */
export async function runRead(
  command: ReadCommand,
  cluster: Pick<Cluster, 'name' | 'context' | 'namespace' | 'reader' | 'connection'>,
  options: RunOptions = {},
): Promise<{ text: string; truncated: boolean }> {
  const path = pathOf(command)
  const verb = Object.hasOwn(VERBS, path) ? VERBS[path] : undefined
  if (!verb)
    throw new UsageError(`kubectl ${path.slice(0, 60)} cannot be run here; these can: ${READ_VERBS.join(', ')}.`)
  const namespace = command.namespace ?? options.defaultNamespace ?? cluster.namespace ?? 'default'
  const context: ReadContext = {
    command,
    cluster,
    reader: cluster.reader,
    namespace: command.allNamespaces ? undefined : checkNamespace(namespace),
    now: options.now ?? new Date(),
    signal: options.signal,
  }
  const text = await verb(context)
  const endless = ['watch', 'watch-only', 'follow'].find((name) => isSet(command, name) && path !== 'rollout status')
  const whole = endless ? `${text}\n(--${endless} left out: this is one moment; ask again for the next)` : text
  return cutText(whole, options.maxBytes ?? MAX_BYTES)
}

function pathOf({ verb, subverb }: ReadCommand): string {
  return subverb ? `${verb} ${subverb}` : verb
}

function cutText(text: string, maxBytes: number): { text: string; truncated: boolean } {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return { text, truncated: false }
  // a character cut in two would decode as a replacement character
  return {
    text: bytes
      .subarray(0, maxBytes)
      .toString('utf8')
      .replace(/\ufffd$/, ''),
    truncated: true,
  }
}
