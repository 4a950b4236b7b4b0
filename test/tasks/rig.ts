// The tasks of a change without chat: practice cluster behind a wire that counts and bends writes, real Redis, and a queue that is run by hand.
import { createAudit } from '../../src/audit/chain.ts'
import { createOutbox } from '../../src/chat/outbox.ts'
import { loadConfig } from '../../src/config.ts'
import type { Action } from '../../src/core/action.ts'
import { type Person, parsePersonRule } from '../../src/core/people.ts'
import type { Task, TaskOf } from '../../src/core/task.ts'
import type { Thread } from '../../src/core/thread.ts'
import { startHarbor } from '../../src/harbor/index.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'
import { silentLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { type LoadedFiles, loadFiles } from '../../src/objects/files.ts'
import type { Approval } from '../../src/safety/approval.ts'
import { createApprovals } from '../../src/safety/approvals.ts'
import { NO_POLICY, type Policy } from '../../src/safety/rules.ts'
import { createSigner } from '../../src/safety/signature.ts'
import { createStanding } from '../../src/safety/standing.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { DecideContext, ExecuteContext } from '../../src/tasks/change/context.ts'
import { planKey } from '../../src/tasks/change/plan-card.ts'
import { sealed } from '../../src/tasks/change/seal.ts'
import { decide } from '../../src/tasks/decide.ts'
import { execute } from '../../src/tasks/execute.ts'
import { expire } from '../../src/tasks/expire.ts'
import { preview } from '../../src/tasks/preview.ts'
import { propose } from '../../src/tasks/propose.ts'
import { settle } from '../../src/tasks/settle.ts'
import { verify } from '../../src/tasks/verify.ts'
import { STORY } from '../flows/ship.ts'
import { type Bend, startWire } from '../flows/wire.ts'
import { startRedis, temporaryFolder } from '../store/redis-server.ts'

export const THREAD: Thread = { platform: 'slack', workspace: 'T1', channel: 'C1', thread: '1', direct: false }
export const person = (id: string): Person => ({ platform: 'slack', workspace: 'T1', id, name: id })
export const [ASKER, MIRA, JO] = [person('U1'), person('U2'), person('U3')]
export const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
export const catalog = { ...web, name: 'catalog' }
export const scale = (replicas: number) => ({ verb: 'scale' as const, target: web, replicas })

export type Rig = Awaited<ReturnType<typeof startRig>>

export async function startRig(
  options: {
    env?: Record<string, string>
    policy?: Partial<Policy>
    load?: LoadedFiles
    /** false: the practice cluster stands still but for what the story changes */
    controllers?: boolean
  } = {},
) {
  const [harbor, redis] = await Promise.all([
    startHarbor({ load: options.load ?? (await loadFiles([STORY])), controllers: options.controllers ?? true }),
    startRedis(),
  ])
  const config = loadConfig(
    {
      DATA_DIR: temporaryFolder(),
      REDIS_URL: redis.url,
      APPROVERS: 'slack:U2,slack:U3',
      ADMINS: 'slack:U3',
      ...options.env,
    },
    false,
  )
  const store = await connectStore({ dataDir: config.DATA_DIR, log: silentLogger, url: redis.url })
  const writes: string[] = []
  let bend: Bend = (_seen, _answer, pass) => pass()
  const wire = await startWire(harbor.url, (seen, answer, pass) => {
    if (!seen.isChange) return pass()
    if (!seen.dryRun) writes.push(`${seen.method} ${seen.path.split('?')[0]}`)
    bend(seen, answer, pass)
  })

  const queue: Task[] = []
  const signer = createSigner('a key that only bot and executor hold')
  const clusters = clustersOf([clusterAt('prod', wire.url)])
  const standing = createStanding({ store, level: config.AUTONOMY_LEVEL, signer })
  const context: DecideContext & ExecuteContext = {
    store,
    config,
    clusters,
    signer,
    standing,
    writers: clusters,
    log: silentLogger,
    practice: false,
    metrics: createMetrics({ process: false }),
    outbox: createOutbox({ store }),
    approvals: createApprovals(store),
    audit: createAudit({ store, key: 'audit key', log: silentLogger }),
    policy: { ...NO_POLICY, ...options.policy },
    async enqueue(task) {
      if (queue.some(({ id }) => id === task.id)) return { accepted: false }
      queue.push(task)
      return { accepted: true }
    },
    approver: async (who, rules) => ({
      listed: rules.some((rule) => rule.kind === 'person' && rule.platform === who.platform && rule.id === who.id),
      name: who.name ?? who.id,
    }),
  }
  const signal = new AbortController().signal
  const handlers: { [K in Task['kind']]?: (task: TaskOf<K>) => Promise<void> } = {
    propose: (task) => propose(task, context, signal),
    preview: (task) => preview(task, context, signal),
    decide: (task) => decide(task, context),
    execute: (task) => execute(task, context, signal),
    verify: (task) => verify(task, context, signal),
    settle: (task) => settle(task, context, signal),
    expire: (task) => expire(task, context),
  }
  let number = 0
  let lost = false

  return {
    harbor,
    redis,
    store,
    context,
    queue,
    writes,
    signer,
    /** what becomes of the next changes, dry runs among them */
    bend: (next: Bend) => {
      bend = next
    },
    /** how many replicas `web` should have */
    replicas: () => harbor.world.get('Deployment', 'shop', 'web').spec.replicas as number,
    run: async (task: Task) => handlers[task.kind]?.(task as never),
    /** takes what waits of one kind */
    take: <K extends Task['kind']>(kind: K): TaskOf<K>[] => {
      const taken = queue.filter((task): task is TaskOf<K> => task.kind === kind)
      for (const task of taken) queue.splice(queue.indexOf(task), 1)
      return taken
    },
    /** proposes and previews; resolves the record as it then stands */
    async plan(action: Action, more: Partial<TaskOf<'propose'>> = {}): Promise<Approval> {
      const base = {
        thread: { ...THREAD, thread: String(++number) },
        asker: ASKER,
        at: new Date().toISOString(),
      }
      const known = new Set((await context.approvals.list()).map(({ id }) => id))
      await propose(
        {
          ...base,
          kind: 'propose',
          id: `propose-${number}`,
          cluster: 'prod',
          actions: [action],
          author: 'person',
          reason: '',
          said: sealed({ ...base, kind: 'answer', id: `answer-${number}`, text: inWords(action) }, signer),
          ...more,
        },
        context,
        signal,
      )
      const opened = (await context.approvals.list()).find(({ id }) => !known.has(id))
      if (!opened) throw new Error('nothing was opened')
      for (const task of this.take('preview')) await preview(task, context, signal)
      return (await context.approvals.read(opened.id)) as Approval
    },
    decision(approval: Approval, by: Person, more: Partial<TaskOf<'decide'>> = {}): TaskOf<'decide'> {
      return sealed(
        {
          kind: 'decide',
          id: `decide-${++number}`,
          thread: approval.thread,
          asker: by,
          at: new Date().toISOString(),
          approval: approval.id,
          decision: 'approve',
          ...more,
        },
        signer,
      )
    },
    async approve(approval: Approval, by: Person = MIRA, more: Partial<TaskOf<'decide'>> = {}): Promise<Approval> {
      await decide(this.decision(approval, by, more), context)
      return (await context.approvals.read(approval.id)) as Approval
    },
    async execute(): Promise<void> {
      for (const task of this.take('execute')) await execute(task, context, signal)
    },
    /** an `execute` for a plan that nobody has enqueued */
    job: (approval: Approval): TaskOf<'execute'> => ({
      kind: 'execute',
      id: 'execute-forged',
      thread: approval.thread,
      asker: MIRA,
      at: new Date().toISOString(),
      approval: approval.id,
    }),
    read: async (approval: Approval) => (await context.approvals.read(approval.id)) as Approval,
    /** the card of a plan as it stands in the outbox */
    async posted({ id }: Pick<Approval, 'id'>): Promise<string> {
      const [key] = await store.redis.keys(`*:m:*${planKey(id)}`)
      return (await store.redis.hget(key ?? '', 'body')) ?? ''
    },
    async audited(kind: string): Promise<{ who: string; data: Record<string, unknown> }[]> {
      const lines = await store.redis.lrange(store.key('audit:chain'), 0, -1)
      return lines.map((line) => JSON.parse(line)).filter((one) => one.kind === kind)
    },
    forge: async (approval: Approval, change: Partial<Approval>) =>
      store.redis.hset(store.key(`approval:${approval.id}`), 'value', JSON.stringify({ ...approval, ...change })),
    /** its executor's claim ended that long ago */
    async lapse(approval: Approval, ms = 60_000) {
      const until = new Date(Date.now() - ms).toISOString()
      await this.forge(approval, { claim: { token: approval.claim?.token ?? '', until } })
    },
    /** for the rest of the test */
    async loseRedis() {
      lost = true
      await redis.stop()
    },
    async stop() {
      await wire.close()
      await store.close()
      await Promise.all([harbor.close(), ...(lost ? [] : [redis.stop()])])
    },
  }
}

/** As a person would ask for it. */
export function inWords(action: Action): string {
  if (!('target' in action)) return `${action.verb} it`
  const { kind, namespace, name } = action.target
  if (action.verb === 'delete') return `kubectl delete ${kind.toLowerCase()} ${name} -n ${namespace}`
  return `${action.verb} ${name}${action.verb === 'scale' ? ` to ${action.replicas}` : ''} in ${namespace}`
}

export function rule(text: string) {
  const parsed = parsePersonRule(text)
  if (!parsed) throw new Error(text)
  return parsed
}
