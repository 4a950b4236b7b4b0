// Fills a Snapshot, from a live cluster or from files: in parallel, paged, bounded in memory, time and requests; what could not be read is said.
import { messageOf, NotFoundError, NotPermittedError, UnavailableError } from '../core/errors.ts'
import { loadFiles, type PodLog } from '../objects/files.ts'
import { KINDS, kindOf } from '../objects/kinds.ts'
import { Snapshot } from '../objects/snapshot.ts'
import { indexKinds, type Kinds, type ServedKind } from './discovery.ts'
import { FIRST_LOOK, isNeeded, NEIGHBOUR_LOOK, neighboursOf, type Signs, signsOf } from './needs.ts'
import { inParallel } from './pool.ts'
import type { Listed, Reader } from './reader.ts'
import type { Reading, SnapshotBudget, SnapshotOptions } from './reading.ts'
import { maskSecrets } from './secrets.ts'
import { FEW_LOGS, readLogs } from './snapshot-logs.ts'
import { trimmed } from './trim.ts'

const BUDGET: SnapshotBudget = { timeoutMs: 8000, requests: 25, objects: 20_000, logs: 24 }
const WIDTH = 8

/** Throws an UnavailableError only when nothing at all could be read. */
export async function readSnapshot(reader: Reader, options: SnapshotOptions): Promise<Snapshot> {
  const budget = { ...BUDGET, ...options.budget }
  const reading: Reading = {
    reader,
    options,
    budget,
    until: Date.now() + budget.timeoutMs,
    requests: 0,
    objects: [],
    partial: new Set(),
    unread: new Set(),
    failures: [],
  }
  const kinds = await servedKinds(reader)
  const now = options.now ?? new Date()
  const logs = options.namespaces
    ? await readNamespaces(reading, kinds, options.namespaces, now)
    : await readCluster(reading, kinds, now)
  return new Snapshot({
    cluster: reader.cluster,
    now,
    namespaces: options.namespaces,
    objects: reading.objects,
    logs,
    partial: [...reading.partial],
    unread: [...reading.unread],
  })
}

/** The same from snapshot files, folders and `-` for standard input; `now` defaults to the newest time in them. */
export async function fileSnapshot(
  paths: string[],
  options: { now?: Date; namespaces?: string[]; cluster?: string; stdin?: AsyncIterable<Buffer | string> } = {},
): Promise<Snapshot> {
  const { stdin, ...scope } = options
  const { objects, logs } = await loadFiles(paths, stdin)
  // files hold Secrets as clusters do
  return new Snapshot({ ...scope, objects: maskSecrets(objects), logs })
}

async function servedKinds(reader: Reader): Promise<Kinds> {
  try {
    return await reader.kinds()
  } catch (error) {
    if (!(error instanceof NotPermittedError) || error.what === 'sign in') throw error
    // who may not discover may still read: ask for what every cluster serves
    return indexKinds(KINDS.map((kind) => ({ ...kind, verbs: ['list'], subresources: [], preferred: true })))
  }
}

/** Everything at once: a question about the whole cluster may cost what it costs. */
async function readCluster(reading: Reading, kinds: Kinds, now: Date): Promise<PodLog[]> {
  await readKinds(reading, kinds, reading.options.kinds)
  return readLogs(reading, now)
}

/**
 * In three looks: what every question needs, what its signs of trouble ask for, and what the logs then point at.
 * A question about few kinds just reads them.
 */
async function readNamespaces(reading: Reading, kinds: Kinds, namespaces: string[], now: Date): Promise<PodLog[]> {
  const wanted = [...new Set(reading.options.kinds)]
  const few = wanted.filter((kind) => kinds.byKind(kind)).length <= reading.budget.requests - FEW_LOGS
  const first = wanted.filter((kind) => few || FIRST_LOOK.has(kind))
  await readKinds(reading, kinds, first, namespaces)
  const left = new Set(wanted.filter((kind) => !first.includes(kind)))
  const readNeeded = async (signs: Signs) => {
    const needed = [...left].filter((kind) => isNeeded(kind, signs))
    for (const kind of needed) left.delete(kind)
    await readKinds(reading, kinds, needed, namespaces)
  }
  await readNeeded(signsOf(reading.objects, [], now, namespaces))
  const logs = await readLogs(reading, now)
  const signs = signsOf(reading.objects, logs, now, namespaces)
  await readNeeded(signs)
  for (const kind of left) if (kinds.byKind(kind)) reading.unread.add(kind)
  const neighbours = neighboursOf(signs)
  const inside = wanted.filter((kind) => NEIGHBOUR_LOOK.has(kind) && !left.has(kind))
  for (const neighbour of neighbours) await readNeighbour(reading, kinds, inside, neighbour)
  return neighbours.length > 0 ? [...logs, ...(await readLogs(reading, now, neighbours))] : logs
}

/** A namespace that nobody asked about: what may not be read of it is one sentence, and says nothing about our own. */
async function readNeighbour(reading: Reading, kinds: Kinds, names: string[], namespace: string): Promise<void> {
  const { partial, unread } = reading
  reading.partial = new Set()
  reading.unread = new Set()
  await readKinds(reading, kinds, names, [namespace])
  const refused = [...reading.partial].some((sentence) => sentence.startsWith('not permitted'))
  const sentences = refused
    ? [`not permitted: look into namespace ${namespace}, which this trouble points to`]
    : reading.partial
  reading.partial = new Set([...partial, ...sentences])
  // whether the host it points to exists cannot be told then; everything else is judged by our own objects
  const unknown = reading.unread.has('Service') ? ['Service'] : []
  reading.unread = new Set([...unread, ...unknown])
}

interface Job {
  kind: ServedKind
  namespace?: string
}

/** Throws when nothing at all answered. */
async function readKinds(
  reading: Reading,
  kinds: Kinds,
  names: readonly string[],
  namespaces?: readonly string[],
): Promise<void> {
  let answered = reading.objects.length > 0
  const jobs = listJobs(kinds, reading, names, namespaces)
  await inParallel(jobs, WIDTH, async (job) => {
    if (await runJob(reading, job)) answered = true
  })
  reading.options.signal?.throwIfAborted()
  if (!answered && reading.failures[0]) throw reading.failures[0]
}

function listJobs(kinds: Kinds, reading: Reading, names: readonly string[], namespaces?: readonly string[]): Job[] {
  const jobs: Job[] = []
  for (const name of new Set(names)) {
    const kind = kinds.byKind(name)
    if (!kind) {
      const known = kindOf(name)
      // its API is installed, but does not answer: that is not the same as "there are none"
      if (known && kinds.missing.includes(known.apiVersion)) {
        reading.unread.add(name)
        reading.partial.add(`not available: the API ${known.apiVersion}, so nothing is known about any ${name}`)
      }
      continue
    }
    if (kind.verbs.length > 0 && !kind.verbs.includes('list')) continue
    // the leases of nodes live in a namespace of their own
    if (name === 'Lease' && namespaces) jobs.push({ kind, namespace: 'kube-node-lease' })
    else if (kind.namespaced && namespaces) jobs.push(...namespaces.map((namespace) => ({ kind, namespace })))
    else jobs.push({ kind })
  }
  return jobs
}

/** True when the API answered, with objects or with a refusal. */
async function runJob(reading: Reading, { kind, namespace }: Job): Promise<boolean> {
  const { budget, options } = reading
  const left = reading.until - Date.now()
  const words = `list ${kind.plural}${namespace ? ` in ${namespace}` : ''}`
  if (left <= 0) {
    reading.unread.add(kind.kind)
    reading.partial.add(`too slow: ${words} was left out after ${budget.timeoutMs / 1000} s`)
    return false
  }
  try {
    const listed = await list(reading, kind, { namespace, timeoutMs: left })
    for (const item of listed.items) reading.objects.push(item)
    if (listed.cut) {
      reading.unread.add(kind.kind)
      reading.partial.add(`too many: only the first ${listed.items.length} ${kind.plural} were read`)
    }
    return true
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error instanceof NotFoundError) return true
    if (error instanceof NotPermittedError && (await readOneByOne(reading, kind))) return true
    reading.unread.add(kind.kind)
    reading.partial.add(
      error instanceof UnavailableError ? `not available: ${words}: ${messageOf(error)}` : messageOf(error),
    )
    if (!(error instanceof NotPermittedError) || error.what === 'sign in') {
      reading.failures.push(error as Error)
      return false
    }
    return true
  }
}

function list(reading: Reading, kind: ServedKind, scope: { namespace?: string; timeoutMs: number }): Promise<Listed> {
  reading.requests++
  return reading.reader.list(kind, {
    ...scope,
    limit: reading.budget.objects,
    project: trimmed,
    signal: reading.options.signal,
  })
}

/** Who may not list namespaces may still read the one asked about. */
async function readOneByOne(reading: Reading, kind: ServedKind): Promise<boolean> {
  const { namespaces } = reading.options
  if (kind.kind !== 'Namespace' || !namespaces) return false
  const read = namespaces.map(async (name) => {
    reading.requests++
    reading.objects.push(await reading.reader.read({ kind: 'Namespace', name }, { signal: reading.options.signal }))
  })
  return (await Promise.allSettled(read)).every(({ status }) => status === 'fulfilled')
}
