// LangGraph checkpoints on plain Redis: a run that was killed goes on at the step where it stopped. Passes LangGraph's own conformance suite.
import type { RunnableConfig } from '@langchain/core/runnables'
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  getCheckpointId,
  maxChannelVersion,
  type PendingWrite,
  TASKS,
  WRITES_IDX_MAP,
} from '@langchain/langgraph-checkpoint'
import type { Store } from '../../store/store.ts'

const TTL_SECONDS = 30 * 24 * 3600

interface Saved {
  checkpoint: [type: string, base64: string]
  metadata: [type: string, base64: string]
  parent?: string
}

/**
 * Keys, all below `checkpoint:`: the threads by when they were last written; per thread the set of namespaces (sub-agents have their own); per namespace a hash
 * of checkpoints by id, and one of channel values by channel and version (a value that does not change is stored once); per checkpoint
 * a hash of writes. Ids are uuid6 and sort by time as text.
 */
// LangGraph knows savers by this class only
export class RedisCheckpoints extends BaseCheckpointSaver {
  readonly #store: Store

  constructor(store: Store) {
    super()
    this.#store = store
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.thread_id === undefined) return undefined
    const { thread, namespace } = placeOf(config)
    const key = this.#checkpoints(thread, namespace)
    const id = getCheckpointId(config) || (await this.#store.redis.hkeys(key)).sort().at(-1)
    if (!id) return undefined
    const saved = await this.#store.redis.hget(key, id)
    if (saved === null) return undefined
    return this.#tuple(thread, namespace, id, JSON.parse(saved) as Saved)
  }

  override async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { thread_id: wanted, checkpoint_ns: wantedNamespace, checkpoint_id: wantedId } = config.configurable ?? {}
    const before = options.before?.configurable?.checkpoint_id as string | undefined
    const threads =
      wanted === undefined ? await this.#store.redis.zrange(this.#key('threads'), '0', '-1') : [String(wanted)]
    let left = options.limit ?? Number.POSITIVE_INFINITY
    for (const thread of threads) {
      for (const namespace of (await this.#store.redis.smembers(this.#namespaces(thread))).sort()) {
        if (wantedNamespace !== undefined && namespace !== wantedNamespace) continue
        const all = Object.entries(await this.#store.redis.hgetall(this.#checkpoints(thread, namespace)))
        for (const [id, text] of all.sort(([a], [b]) => (a < b ? 1 : -1))) {
          if (wantedId !== undefined && id !== wantedId) continue
          if (before !== undefined && id >= before) continue
          const tuple = await this.#tuple(thread, namespace, id, JSON.parse(text) as Saved)
          const metadata = new Map(Object.entries(tuple.metadata ?? {}))
          if (Object.entries(options.filter ?? {}).some(([name, value]) => metadata.get(name) !== value)) continue
          if (left-- <= 0) return
          yield tuple
        }
      }
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    versions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { thread, namespace } = placeOf(config)
    const parent = getCheckpointId(config)
    const { channel_values: values, ...rest } = checkpoint
    const [saved, about] = await Promise.all([this.#dump({ ...rest, channel_values: {} }), this.#dump(metadata)])
    const known = new Map(Object.entries(values))
    const changed = Object.entries(versions).filter(([channel]) => known.has(channel))
    const fields = await Promise.all(
      changed.map(async ([channel, version]) => [
        field(channel, version),
        JSON.stringify(await this.#dump(known.get(channel))),
      ]),
    )
    const value: Saved = { checkpoint: saved, metadata: about, ...(parent ? { parent } : {}) }
    const key = this.#checkpoints(thread, namespace)
    const commands = this.#store.redis.multi()
    if (fields.length > 0)
      commands
        .hset(this.#values(thread, namespace), ...fields.flat())
        .expire(this.#values(thread, namespace), TTL_SECONDS)
    await commands
      .zadd(this.#key('threads'), Date.now(), thread)
      .zremrangebyscore(this.#key('threads'), 0, Date.now() - TTL_SECONDS * 1000)
      .sadd(this.#namespaces(thread), namespace)
      .expire(this.#namespaces(thread), TTL_SECONDS)
      .hset(key, checkpoint.id, JSON.stringify(value))
      .expire(key, TTL_SECONDS)
      .exec()
    return { configurable: { thread_id: thread, checkpoint_ns: namespace, checkpoint_id: checkpoint.id } }
  }

  override async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
    const { thread, namespace } = placeOf(config)
    const id = getCheckpointId(config)
    if (!id) throw new Error('Writes need the checkpoint that they belong to.')
    const key = this.#writes(thread, namespace, id)
    const commands = this.#store.redis.multi()
    for (const [index, [channel, value]] of writes.entries()) {
      const special = Object.hasOwn(WRITES_IDX_MAP, channel) ? WRITES_IDX_MAP[channel] : undefined
      const place = `${taskId},${special ?? index}`
      const text = JSON.stringify([taskId, channel, await this.#dump(value)])
      // a step that runs again does not replace what it wrote first; errors and interrupts are its newest state
      if (special === undefined) commands.hsetnx(key, place, text)
      else commands.hset(key, place, text)
    }
    await commands.expire(key, TTL_SECONDS).exec()
  }

  override async deleteThread(thread: string): Promise<void> {
    await this.#remove(thread, () => true)
    await this.#store.redis.multi().del(this.#namespaces(thread)).zrem(this.#key('threads'), thread).exec()
  }

  /** Forgets all steps of a finished run but the last state of the thread, which is its memory. */
  async trim(thread: string): Promise<void> {
    const newest = (await this.#store.redis.hkeys(this.#checkpoints(thread, ''))).sort().at(-1)
    await this.#remove(thread, (namespace, id) => namespace !== '' || id !== newest)
  }

  async #remove(thread: string, which: (namespace: string, id: string) => boolean): Promise<void> {
    for (const namespace of await this.#store.redis.smembers(this.#namespaces(thread))) {
      const key = this.#checkpoints(thread, namespace)
      const ids = (await this.#store.redis.hkeys(key)).filter((id) => which(namespace, id))
      if (ids.length === 0) continue
      const commands = this.#store.redis.multi().hdel(key, ...ids)
      for (const id of ids) commands.del(this.#writes(thread, namespace, id))
      if (namespace !== '') commands.srem(this.#namespaces(thread), namespace).del(this.#values(thread, namespace))
      await commands.exec()
      if (namespace === '') await this.#forgetValues(thread)
    }
  }

  /** Values that no checkpoint left speaks of. */
  async #forgetValues(thread: string): Promise<void> {
    const left = Object.values(await this.#store.redis.hgetall(this.#checkpoints(thread, '')))
    const checkpoints = await Promise.all(
      left.map(async (text) => (await this.#load((JSON.parse(text) as Saved).checkpoint)) as Checkpoint),
    )
    const used = new Set(
      checkpoints.flatMap(({ channel_versions: versions }) =>
        Object.entries(versions).map(([channel, version]) => field(channel, version)),
      ),
    )
    const unused = (await this.#store.redis.hkeys(this.#values(thread, ''))).filter((name) => !used.has(name))
    if (unused.length > 0) await this.#store.redis.hdel(this.#values(thread, ''), ...unused)
  }

  async #tuple(thread: string, namespace: string, id: string, saved: Saved): Promise<CheckpointTuple> {
    const place = { thread_id: thread, checkpoint_ns: namespace }
    const checkpoint = (await this.#load(saved.checkpoint)) as Checkpoint
    checkpoint.channel_values = await this.#channelValues(thread, namespace, checkpoint)
    if (checkpoint.v < 4 && saved.parent) {
      // older versions of LangGraph kept what is to be sent as writes of the step before
      const sends = (await this.#pending(thread, namespace, saved.parent)).filter(([, channel]) => channel === TASKS)
      const versions = Object.values(checkpoint.channel_versions)
      checkpoint.channel_values[TASKS] = sends.map(([, , value]) => value)
      checkpoint.channel_versions[TASKS] =
        versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined)
    }
    return {
      config: { configurable: { ...place, checkpoint_id: id } },
      checkpoint,
      metadata: (await this.#load(saved.metadata)) as CheckpointMetadata,
      pendingWrites: await this.#pending(thread, namespace, id),
      ...(saved.parent ? { parentConfig: { configurable: { ...place, checkpoint_id: saved.parent } } } : {}),
    }
  }

  async #channelValues(thread: string, namespace: string, checkpoint: Checkpoint): Promise<Record<string, unknown>> {
    const channels = Object.entries(checkpoint.channel_versions)
    if (channels.length === 0) return {}
    const texts = await this.#store.redis.hmget(
      this.#values(thread, namespace),
      ...channels.map(([channel, version]) => field(channel, version)),
    )
    const values = await Promise.all(
      texts.map(
        async (text, at): Promise<[string, unknown][]> =>
          text === null ? [] : [[channels[at]?.[0] ?? '', await this.#load(JSON.parse(text) as [string, string])]],
      ),
    )
    return Object.fromEntries(values.flat())
  }

  async #pending(thread: string, namespace: string, id: string): Promise<[string, string, unknown][]> {
    const writes = Object.entries(await this.#store.redis.hgetall(this.#writes(thread, namespace, id)))
    const inOrder = writes.sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    return Promise.all(
      inOrder.map(async ([, text]): Promise<[string, string, unknown]> => {
        const [task, channel, value] = JSON.parse(text) as [string, string, [string, string]]
        return [task, channel, await this.#load(value)]
      }),
    )
  }

  async #dump(value: unknown): Promise<[string, string]> {
    const [type, bytes] = await this.serde.dumpsTyped(value)
    return [type, Buffer.from(bytes).toString('base64')]
  }

  #load([type, base64]: [string, string]): Promise<unknown> {
    return Promise.resolve(this.serde.loadsTyped(type, Buffer.from(base64, 'base64')))
  }

  #key(...parts: string[]): string {
    // parts are encoded, so that no name can reach the key of another
    return this.#store.key(['checkpoint', ...parts.map(encodeURIComponent)].join(':'))
  }

  #namespaces(thread: string): string {
    return this.#key('namespaces', thread)
  }

  #checkpoints(thread: string, namespace: string): string {
    return this.#key('steps', thread, namespace)
  }

  #values(thread: string, namespace: string): string {
    return this.#key('values', thread, namespace)
  }

  #writes(thread: string, namespace: string, id: string): string {
    return this.#key('writes', thread, namespace, id)
  }
}

function placeOf(config: RunnableConfig): { thread: string; namespace: string } {
  const { thread_id: thread, checkpoint_ns: namespace = '' } = config.configurable ?? {}
  if (typeof thread !== 'string' || thread === '')
    throw new Error('A checkpoint needs the thread that it belongs to (configurable.thread_id).')
  return { thread, namespace: String(namespace) }
}

function field(channel: string, version: string | number): string {
  return `${encodeURIComponent(channel)} ${version}`
}
