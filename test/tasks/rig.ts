// The tasks of a change without chat: practice cluster behind a proxy that counts and bends writes, real Redis, and a queue that is run by hand.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
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
import { sealed } from '../../src/tasks/change/seal.ts'
import { decide } from '../../src/tasks/decide.ts'
import { execute } from '../../src/tasks/execute.ts'
import { expire } from '../../src/tasks/expire.ts'
import { preview } from '../../src/tasks/preview.ts'
import { propose } from '../../src/tasks/propose.ts'
import { settle } from '../../src/tasks/settle.ts'
import { verify } from '../../src/tasks/verify.ts'
import { STORY } from '../flows/ship.ts'
import { startRedis, temporaryFolder } from '../store/redis-server.ts'

export const THREAD: Thread = { platform: 'slack', workspace: 'T1', channel: 'C1', thread: '1', direct: false }
export const person = (id: string): Person => ({ platform: 'slack', workspace: 'T1', id, name: id })
export const [ASKER, MIRA, JO] = [person('U1'), person('U2'), person('U3')]
export const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }

export type Bend = (
  seen: { method: string; path: string; dryRun: boolean },
  answer: ServerResponse,
  pass: () => void,
) => void
export type Rig = Awaited<ReturnType<typeof startRig>>

export async function startRig(
  options: { env?: Record<string, string>; policy?: Partial<Policy>; load?: LoadedFiles } = {},
) {
  const [harbor, redis] = await Promise.all([
    startHarbor({ load: options.load ?? (await loadFiles([STORY])) }),
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
  const proxy = createServer((incoming, answer) => void forward(incoming, answer))
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))

  async function forward(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const path = incoming.url ?? ''
    const method = incoming.method ?? 'GET'
    const dryRun = path.includes('dryRun=')
    const pass = () => {
      const to = request(
        new URL(path, harbor.url),
        { method, headers: { ...incoming.headers, host: new URL(harbor.url).host } },
        (from) => {
          answer.writeHead(from.statusCode ?? 500, from.headers)
          from.pipe(answer)
        },
      )
      to.on('error', () => answer.destroy())
      to.end(Buffer.concat(chunks))
    }
    const isWrite = method !== 'GET' && !path.includes('/selfsubject')
    if (!isWrite) return pass()
    if (!dryRun) writes.push(`${method} ${path.split('?')[0]}`)
    bend({ method, path, dryRun }, answer, pass)
  }

  const queue: Task[] = []
  const signer = createSigner('a key that only bot and executor hold')
  const clusters = clustersOf([clusterAt('prod', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)])
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
    bend: (next: Bend) => {
      bend = next
    },
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
      const [last] = await context.approvals.list()
      if (!last) throw new Error('nothing was opened')
      for (const task of this.take('preview')) await preview(task, context, signal)
      return (await context.approvals.read(last.id)) as Approval
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
    read: async (approval: Approval) => (await context.approvals.read(approval.id)) as Approval,
    async audited(kind: string): Promise<{ who: string; data: Record<string, unknown> }[]> {
      const lines = await store.redis.lrange(store.key('audit:chain'), 0, -1)
      return lines.map((line) => JSON.parse(line)).filter((one) => one.kind === kind)
    },
    forge: async (approval: Approval, change: Partial<Approval>) =>
      store.redis.hset(store.key(`approval:${approval.id}`), 'value', JSON.stringify({ ...approval, ...change })),
    /** for the rest of the test */
    async loseRedis() {
      lost = true
      await redis.stop()
    },
    async stop() {
      proxy.closeAllConnections()
      proxy.close()
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
