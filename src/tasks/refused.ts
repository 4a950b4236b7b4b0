// Whoever may not ask is told so in private, and it is on record: once a minute for each person and channel, however often they try.
import type { Audit } from '../audit/audit.ts'
import type { Verdict } from '../chat/contract.ts'
import { type Person, personKey } from '../core/people.ts'
import { type Thread, threadKey } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

type MayAsk = (person: Person, where: Thread) => Promise<Verdict>

const EVERY_MS = 60_000

export function refusalsOnRecord(mayAsk: MayAsk, { audit, store }: { audit: Audit; store: Store }): MayAsk {
  return async (person, where) => {
    const verdict = await mayAsk(person, where)
    if (verdict.allowed) return verdict
    const key = store.key(`refused:${personKey(person)}:${where.platform}/${where.channel}`)
    const isFirst = (await store.redis.set(key, '1', 'PX', EVERY_MS, 'NX')) === 'OK'
    if (isFirst)
      await audit.append({
        kind: 'refused',
        who: personKey(person),
        thread: threadKey(where),
        data: { asked: true, why: verdict.why },
      })
    return verdict
  }
}
