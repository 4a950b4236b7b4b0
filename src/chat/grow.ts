// A message that is still being written, where the platform shows it as a stream.
import { type Attempt, type Outcome, type Post, turnOf, UNSAID } from './attempt.ts'
import { SayError } from './contract.ts'

/** Adds to a stream. Undefined: edit it instead, which ends the stream; also when nobody knows what an earlier attempt has added. */
export async function grow(attempt: Attempt, outgoing: Post): Promise<Outcome | 'grown' | undefined> {
  const { adapter, letter, letters } = attempt
  const { stream } = adapter.say
  if (!stream || !letter.stream || letter.adding) return undefined
  attempt.doing = 'grow'
  const early = letter.stream.at + stream.addEveryMs - Date.now()
  const wait = early > 0 ? early : await turnOf(attempt, 'grow', stream.adds)
  if (wait > 0) return { done: false, wait, holds: false }
  const { key, card } = outgoing
  await letters.adding(letter)
  const added = await stream.add(letter.on!, { key, shown: letter.stream.card, card }).catch(async (error: unknown) => {
    if (error instanceof SayError && UNSAID.has(error.failure)) await letters.unadded(letter)
    throw error
  })
  if (!added) return undefined
  await letters.streamed(letter, card)
  return 'grown'
}
