// Invariant 7: edits, deletions, reordering and a cut tail are found; many writers make one chain; what cannot be written fails.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AUDIT_LIST, createAudit } from '../../src/audit/chain.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { silentLogger } from '../../src/log.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { heardTwice, type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

let redis: RedisServer
let store: Store
let anchor: string
let list: string
const key = 'audit key'
const faults = async (own = key) => (await verifyAudit(store, own, anchor)).faults.join(' ')

beforeEach(async () => {
  redis = await startRedis()
  store = await connectStore({ dataDir: temporaryFolder(), log: silentLogger, url: redis.url })
  anchor = join(temporaryFolder(), 'anchor')
  list = store.key(AUDIT_LIST)
  const audit = createAudit({ store, key, anchor, log: silentLogger })
  for (let n = 1; n <= 6; n++)
    await audit.append({ kind: 'decision', who: 'slack:U2', subject: `plan-${n}`, data: { n } })
})
afterEach(async () => {
  await store.close()
  await redis.stop().catch(() => undefined)
})

async function at(index: number): Promise<string> {
  return (await store.redis.lindex(list, index)) ?? ''
}

describe('audit verify', () => {
  it('finds nothing in a chain that is whole', async () => expect(await faults()).toBe(''))

  it('finds an edit', async () => {
    await store.redis.lset(list, 2, (await at(2)).replace('slack:U2', 'slack:U3'))
    expect(await faults()).toMatch(/Record 3 was edited/)
  })

  it('finds a deletion, at the front too', async () => {
    const third = await at(2)
    await store.redis.lrem(list, 1, third)
    expect(await faults()).toMatch(/After record 2 comes 4/)
    await store.redis.lpop(list)
    expect(await faults()).toMatch(/After record 0 comes 2/)
  })

  it('finds reordering', async () => {
    const [second, third] = [await at(1), await at(2)]
    await store.redis.lset(list, 1, third)
    await store.redis.lset(list, 2, second)
    expect(await faults()).toMatch(/reordered/)
  })

  it('finds a record of another chain with the same key, which is whole in itself', async () => {
    const foreign = await at(2)
    await store.redis.del(list)
    const audit = createAudit({ store, key, log: silentLogger })
    for (let n = 1; n <= 4; n++) await audit.append({ kind: 'decision', who: 'slack:U3', data: { n } })
    await store.redis.lset(list, 2, foreign)
    expect((await verifyAudit(store, key)).faults.join(' ')).toMatch(/Record 3 does not follow the one before it/)
  })

  it('finds that the last record alone was cut', async () => {
    await store.redis.rpop(list)
    expect(await faults()).toMatch(/ends at record 5, and the anchor remembers record 6/)
  })

  it('finds a cut tail by the anchor, even when the chain goes on from there', async () => {
    await store.redis.ltrim(list, 0, 3)
    expect(await faults()).toMatch(/ends at record 4, and the anchor remembers record 6: the tail was cut/)
    const kept = await readFile(anchor, 'utf8')
    const audit = createAudit({ store, key, anchor, log: silentLogger })
    for (let n = 0; n < 3; n++) await audit.append({ kind: 'decision', who: 'slack:U3' })
    await writeFile(anchor, kept)
    expect(await faults()).toMatch(/Record 5 is not the one that the anchor remembers/)
  })

  it('finds that the anchor was removed', async () => {
    await rm(anchor)
    expect(await faults()).toMatch(/anchor .* holds nothing/)
  })

  it('finds a chain made with another key', async () =>
    expect(await faults('another key')).toMatch(/written with another key/))
})

describe('append', () => {
  it('chains what many processes write at once', async () => {
    const others = await Promise.all(
      [1, 2].map(() => connectStore({ dataDir: temporaryFolder(), log: silentLogger, url: redis.url })),
    )
    const audits = others.map((one) => createAudit({ store: one, key, anchor, log: silentLogger }))
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => audits[n % 2]?.append({ kind: 'tool', who: 'slack:U1', data: { n } })),
    )
    expect(await verifyAudit(store, key, anchor)).toEqual({ records: 66, faults: [] })
    await Promise.all(others.map((one) => one.close()))
  })

  it('writes one record when its command is sent again because the reply was lost', async () => {
    const audit = createAudit({ store: { ...store, redis: heardTwice(store.redis) }, key, anchor, log: silentLogger })
    await audit.append({ kind: 'stop', who: 'slack:U2' })
    expect(await verifyAudit(store, key, anchor)).toEqual({ records: 7, faults: [] })
  })

  it('is read back whole, however long it is', async () => {
    const audit = createAudit({ store, key, log: silentLogger })
    for (let n = 0; n < 1000; n++) await audit.append({ kind: 'tool', who: 'slack:U1' })
    expect((await verifyAudit(store, key)).records).toBe(1006)
  })

  it('holds no secret', async () => {
    await createAudit({ store, key, log: silentLogger }).append({
      kind: 'question',
      who: 'slack:U1',
      data: { text: 'password=hunter2hunter2 and ghp_abcdefghijklmnopqrstuvwxyz0123456789' },
    })
    expect(await at(-1)).not.toMatch(/hunter2|ghp_a/)
  })

  it('rejects when the record, or its anchor, cannot be written', async () => {
    const nowhere = createAudit({ store, key, anchor: '/dev/null/anchor', log: silentLogger })
    await expect(nowhere.append({ kind: 'stop', who: 'slack:U2' })).rejects.toThrow()
    await store.redis.set(list, 'no list')
    await expect(
      createAudit({ store, key, log: silentLogger }).append({ kind: 'stop', who: 'slack:U2' }),
    ).rejects.toThrow()
  })
})
