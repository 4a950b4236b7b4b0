import type { Adapter, AdapterContext, Handlers } from '../chat/contract.ts'
import { createDelivery, type Delivery } from '../chat/delivery.ts'
import { openDoors } from '../chat/doors.ts'
import { createAdapters } from '../chat/index.ts'
import { createPeople } from '../chat/people.ts'
import type { Listening } from '../http.ts'
import { createSigner, loadSigningKey } from '../safety/signature.ts'
import { createStanding, standingFile } from '../safety/standing.ts'
import type { DecideContext } from '../tasks/change/context.ts'
import { pendingFor, pendingPlan } from '../tasks/change/pending.ts'
import { click } from '../tasks/click.ts'
import { decide } from '../tasks/decide.ts'
import { expire } from '../tasks/expire.ts'
import { heard } from '../tasks/orders.ts'
import { refusalsOnRecord } from '../tasks/refused.ts'
import { report } from '../tasks/report.ts'
import { type Parts, runRole } from './parts.ts'

/** The only holder of chat tokens: listens, and delivers the outbox. */
export async function startBotRole(
  parts: Parts,
  stops: (() => Promise<void>)[],
): Promise<{ adapters: Adapter[]; delivery: Delivery; doors: Listening | undefined }> {
  const { config, store, outbox, queue, log } = parts
  const context: AdapterContext = { config, store, outbox, log }
  const adapters = [...(await createAdapters(context)), ...(parts.adapters?.(context) ?? [])]
  const people = createPeople({ askers: config.ASKERS, adapters: () => adapters, log })
  const delivery = createDelivery({ store, adapters, log })
  await delivery.start()
  stops.push(() => delivery.stop())
  const { change } = parts
  const signer = createSigner(await loadSigningKey(config))
  // a captain's order waits behind no question, and needs no worker
  const enqueue: Handlers['enqueue'] = (task) => queue.enqueue(heard(task, signer))
  const deciding: DecideContext = {
    ...change,
    signer,
    standing: createStanding({ store, level: config.AUTONOMY_LEVEL, signer, file: standingFile(config) }),
    approver: async (person, rules) => {
      if (change.practice && person.platform === 'terminal') return { listed: true, name: person.name ?? person.id }
      const [profile, listed] = await Promise.all([
        people.profile(person, [], { fresh: true }),
        people.isOneOf(person, rules, { fresh: true }),
      ])
      return { listed, name: profile.name }
    },
  }
  const worker = runRole(
    'bot',
    {
      decide: (task) => decide(task, deciding),
      report: (task) => report(task, deciding),
      expire: (task) => expire(task, change),
    },
    10,
    parts,
  )
  stops.push(() => worker.stop())
  const mayAsk = refusalsOnRecord(people.mayAsk, change)
  const handlers: Handlers = {
    enqueue,
    mayAsk,
    onClick: (press) => click(press, { ...change, hear: enqueue, mayAsk, signer, isOneOf: people.isOneOf }),
    rights: async (person, where) => {
      const [approve, administer] = await Promise.all(
        [config.APPROVERS, config.ADMINS].map((rules) => people.isOneOf(person, rules)),
      )
      return { ask: await people.mayAsk(person, where), approve: approve === true, administer: administer === true }
    },
    pending: async (person) => (await pendingFor(person, deciding)).mine.map(pendingPlan),
  }
  const doors = adapters.flatMap((adapter) => (adapter.door ? [adapter.door] : []))
  const open = doors.length > 0 ? await openDoors(config.API_PORT, doors, log) : undefined
  if (open) stops.push(() => open.close())
  for (const adapter of adapters) {
    await adapter.start(handlers)
    stops.push(() => adapter.stop())
  }
  if (config.INCIDENT_CHANNELS.length > 0 || change.policy.routing !== undefined) {
    const endHomes = await announceIncidentHomes(parts, adapters)
    stops.push(async () => endHomes())
  }
  return { adapters, delivery, doors: open }
}

/** The watcher has no chat token: the bot says where the incident channels are. */
async function announceIncidentHomes(
  { change, config, store, log }: Parts,
  adapters: readonly Adapter[],
): Promise<() => void> {
  const [{ announceHomes }, { parseRouting }] = await Promise.all([
    import('../incidents/homes.ts'),
    import('../incidents/routing.ts'),
  ])
  return announceHomes((await parseRouting(change.policy.routing, config.INCIDENT_CHANNELS)).all, {
    adapters,
    store,
    log,
  })
}
