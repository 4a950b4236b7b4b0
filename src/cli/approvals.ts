// `approvals`, `stop`, `resume`, `autonomy`, `audit`: the captain's desk on the command line, beside a running `serve`.
import { userInfo } from 'node:os'
import { createAudit } from '../audit/chain.ts'
import { type Config, loadConfig } from '../config.ts'
import { UsageError } from '../core/errors.ts'
import type { Person, PersonRule } from '../core/people.ts'
import { redact } from '../core/redact.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { createLogger } from '../log.ts'
import { createQueue } from '../queue/queue.ts'
import { type Approval, shortName } from '../safety/approval.ts'
import { type Approvals, createApprovals } from '../safety/approvals.ts'
import { loadPolicy } from '../safety/policy.ts'
import { createSigner, loadAuditKey, loadSigningKey, type Signer } from '../safety/signature.ts'
import { createStanding, type Standing, standingFile } from '../safety/standing.ts'
import { connectStore } from '../store/redis.ts'
import type { Store } from '../store/store.ts'
import { detailsCard } from '../tasks/change/details-card.ts'
import { pendingFor, pendingPlan } from '../tasks/change/pending.ts'
import { planCard } from '../tasks/change/plan-card.ts'
import { sealed } from '../tasks/change/seal.ts'
import type { Io } from './io.ts'
import { oneOf, readOptions, text } from './options.ts'
import { renderCard } from './print.ts'

const USAGE = `Usage: firstmate approvals list [--mine] [--all] [--output text|json]
       firstmate approvals show ID
       firstmate approvals approve ID [--name NAME]
       firstmate approvals reject ID --reason TEXT

ID is an approval's id or the short name of its plan. Who decides is you, the user of this machine (terminal:NAME in APPROVERS);
a destructive plan wants the object's name typed with --name. --mine lists what waits for you alone. A running serve carries the decision out.
`

export interface Desk {
  config: Config
  store: Store
  me: Person
  audit: ReturnType<typeof createAudit>
  signer: Signer
  standing: Standing
}

/** Opens what a running `serve` shares: the store of the same settings. */
export async function withDesk<T>(work: (desk: Desk) => Promise<T>): Promise<T> {
  const config = loadConfig()
  const log = createLogger({ level: 'silent' })
  const store = await connectStore({
    dataDir: config.DATA_DIR,
    log,
    ...(config.REDIS_URL ? { url: config.REDIS_URL } : {}),
  })
  try {
    const audit = createAudit({
      store,
      key: await loadAuditKey(config),
      anchor: config.AUDIT_ANCHOR,
      log,
    })
    const signer = createSigner(await loadSigningKey(config))
    const standing = createStanding({ store, level: config.AUTONOMY_LEVEL, signer, file: standingFile(config) })
    const name = userInfo().username
    return await work({
      config,
      store,
      audit,
      signer,
      standing,
      me: { platform: 'terminal', workspace: '', id: name, name },
    })
  } finally {
    await store.close()
  }
}

export async function approvals(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(
    args,
    {
      all: { type: 'boolean' },
      mine: { type: 'boolean' },
      output: { type: 'string' },
      reason: { type: 'string' },
      name: { type: 'string' },
    },
    USAGE,
    io,
    2,
  )
  if (!parsed) return 0
  const [verb = 'list', id] = parsed.positionals
  const output = oneOf(text(parsed, 'output'), ['text', 'json'] as const, 'output', 'text')
  return withDesk(async (desk) => {
    const records = createApprovals(desk.store)
    if (verb === 'list')
      return list(desk, records, { all: parsed.values.all === true, mine: parsed.values.mine === true, output }, io)
    if (!['show', 'approve', 'reject'].includes(verb))
      throw new UsageError(`approvals has no "${verb}"; allowed are list, show, approve and reject.`)
    if (!id)
      throw new UsageError(`approvals ${verb} needs the id or the short name of a plan: approvals list shows them.`)
    const approval = await records.find(id)
    if (!approval) throw new UsageError(`There is no plan "${id}": approvals list --all shows them.`)
    if (verb === 'show') {
      io.out(
        `${redact(`${renderCard(planCard(approval, { practice: false }))}\n\n${renderCard(detailsCard(approval))}`)}\n`,
      )
      return 0
    }
    if (approval.state !== 'pending')
      throw new UsageError(`Plan ${shortName(approval)} is ${approval.state}: there is nothing left to decide.`)
    if (verb === 'reject' && !text(parsed, 'reason'))
      throw new UsageError('approvals reject needs --reason TEXT: whoever asked should learn why.')
    return decide(
      desk,
      records,
      approval,
      verb === 'approve' ? 'approve' : 'reject',
      { reason: text(parsed, 'reason'), name: text(parsed, 'name') },
      io,
    )
  })
}

interface Listed {
  all: boolean
  mine: boolean
  output: 'text' | 'json'
}

async function list(desk: Desk, records: Approvals, { all, mine, output }: Listed, io: Io): Promise<number> {
  const own = new Set((await pendingFor(desk.me, await deskContext(desk, records))).mine.map(({ id }) => id))
  const found = (await records.list(all ? {} : { open: true })).filter(({ id }) => !mine || own.has(id))
  if (output === 'json') {
    const rows = found.map((one) => ({
      id: one.id,
      plan: shortName(one),
      state: one.state,
      tier: one.tier,
      cluster: one.plan.cluster,
      requester: one.requester.id,
      deadline: one.deadline,
      mine: own.has(one.id),
      steps: one.plan.steps.map((step) => step.words),
    }))
    io.out(`${redact(JSON.stringify(rows, null, 2))}\n`)
    return 0
  }
  if (found.length === 0) io.out(mine ? 'Nothing waits for your decision.\n' : 'Nothing waits for a decision.\n')
  for (const one of found) {
    const { name, tier, cluster, words, deadline } = pendingPlan(one)
    const until =
      one.state === 'pending'
        ? `  until ${deadline.slice(11, 16)} UTC${own.has(one.id) ? ', yours to decide' : ''}`
        : ''
    io.out(redact(`${name}  ${one.state.padEnd(10)} ${tier.padEnd(11)} ${cluster}  ${words}${until}\n`))
  }
  return 0
}

/** What may be decided from here: the operating system has said who this is, and groups of chat platforms do not count. */
async function deskContext({ config, me }: Desk, approvals: Approvals): Promise<Parameters<typeof pendingFor>[1]> {
  return {
    approvals,
    config,
    practice: false,
    policy: await loadPolicy(config),
    approver: async (_, rules) => ({ listed: isNamed(me, rules), name: me.id }),
  }
}

/** The rules name this very person; nobody is in a group here. */
export function isNamed(person: Person, rules: readonly PersonRule[]): boolean {
  return rules.some((rule) => rule.kind === 'person' && rule.platform === person.platform && rule.id === person.id)
}

/** The same task as a click makes: the bot looks up who decides and signs; here only the wish is stored. */
async function decide(
  desk: Desk,
  records: Approvals,
  approval: Approval,
  decision: 'approve' | 'reject',
  given: { reason?: string | undefined; name?: string | undefined },
  io: Io,
): Promise<number> {
  const queue = createQueue(desk.store, { log: createLogger({ level: 'silent' }) })
  try {
    const at = new Date().toISOString()
    const task: TaskOf<'decide'> = {
      kind: 'decide',
      id: taskId('decide', approval.id, desk.me.id, at),
      thread: approval.thread,
      asker: desk.me,
      at,
      approval: approval.id,
      decision,
      ...(given.reason ? { reason: redact(given.reason.slice(0, 1000)) } : {}),
      ...(given.name ? { typedName: given.name } : {}),
    }
    // the operating system has authenticated this person; whoever has no signing key cannot decide from here
    await queue.enqueue(sealed(task, desk.signer))
  } finally {
    await queue.close()
  }
  for (let waited = 0; waited < 50; waited++) {
    const now = await records.read(approval.id)
    if (now && now.decisions.length > approval.decisions.length) {
      io.out(`Plan ${shortName(now)} is ${now.state}.\n`)
      return 0
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const why = isNamed(desk.me, desk.config.APPROVERS)
    ? 'is a serve with role bot running?'
    : `you are terminal:${desk.me.id}, who is not in APPROVERS.`
  io.err(`Plan ${shortName(approval)} is still ${(await records.read(approval.id))?.state ?? 'unknown'}: ${why}\n`)
  return 1
}
