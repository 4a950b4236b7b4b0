// What a plan is called on the card of another one.
import { personKey } from '../../core/people.ts'
import { threadKey } from '../../core/thread.ts'
import { type Approval, shortName } from '../../safety/approval.ts'

/** The same requests have the same short name, whoever asked for them: then it is said who did, and when. */
export function nameBeside(one: Approval, other: Approval): string {
  const name = shortName(one)
  if (name !== shortName(other)) return name
  const what = one.plan.digest === other.plan.digest ? 'the same requests' : 'another plan of this short name'
  const where = threadKey(one.thread) === threadKey(other.thread) ? '' : ' in another thread'
  const who = one.requester.name ?? personKey(one.requester)
  return `${name} (${what}, asked for by ${who} at ${one.created.slice(11, 19)} UTC${where})`
}
