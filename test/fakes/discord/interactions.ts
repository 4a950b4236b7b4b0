// How the fake Discord takes the answers to interactions.
import { Check, checkMessage, checkModal } from './checks.ts'
import { addMessage } from './messages.ts'
import { type Interaction, invalid, none, ok, type Route, type RouteContext, refuse, unknown } from './route.ts'
import { type FakeMessage, publicMessage } from './world.ts'

/** 3 s for the first answer, 15 min for everything after it; one first answer only. */
export const callback: Route = (call, context) => {
  const { world } = context
  const waiting = context.interactions.get(call.params[0]!)
  if (!waiting || waiting.token !== call.params[1] || Date.now() - waiting.at > context.interactionMs)
    return unknown('interaction', 10062)
  if (waiting.answered !== undefined) return refuse(400, 40060, 'Interaction has already been acknowledged.')
  const { type } = call.body
  const data = (call.body.data ?? {}) as Record<string, unknown>
  const check = new Check()
  check.one('type', type, [1, 4, 5, 6, 7, 8, 9])
  if (type === 4 || type === 7) checkMessage(check, data)
  if (type === 9) checkModal(check, data)
  const wrong = invalid(check)
  if (wrong) return wrong
  const kind = Number(waiting.data.type)
  if ((type === 6 || type === 7) && !(kind === 3 || (kind === 5 && waiting.message)))
    return refuse(400, 50035, 'Invalid Form Body')
  if (type === 9 && kind === 5) return refuse(400, 50035, 'Invalid Form Body')
  waiting.answered = Number(type)
  if (type === 9) world.modals.push({ user: waiting.user, interaction: waiting.data, data })
  if (type === 4) speak(waiting, data, context)
  return none
}

/** What an interaction answers: to one person (flag 64) or as a message. */
function speak(waiting: Interaction, data: Record<string, unknown>, context: RouteContext): FakeMessage | undefined {
  const body = {
    content: String(data.content ?? ''),
    embeds: (data.embeds as Record<string, unknown>[]) ?? [],
    components: (data.components as unknown[]) ?? [],
  }
  if (Number(data.flags ?? 0) & 64) {
    context.world.ephemerals.push({ user: waiting.user, channel: waiting.channel, ...body })
    return undefined
  }
  return addMessage(
    context,
    { channel_id: waiting.channel, author: context.world.bot.id, webhook_id: context.world.app, ...body },
    data.allowed_mentions ?? { parse: ['everyone', 'users', 'roles'] },
  )
}

export const followUp: Route = (call, context) => {
  const waiting = [...context.interactions.values()].find((one) => one.token === call.params[1])
  if (!waiting) return refuse(401, 50027, 'Invalid Webhook Token')
  if (Date.now() - waiting.at > context.tokenMs) return refuse(401, 50027, 'Invalid Webhook Token')
  if (waiting.answered === undefined) return unknown('Webhook', 10015)
  const check = new Check()
  checkMessage(check, call.body)
  const wrong = invalid(check)
  if (wrong) return wrong
  const empty = !String(call.body.content ?? '').trim() && ((call.body.embeds as unknown[]) ?? []).length === 0
  if (empty) return refuse(400, 50006, 'Cannot send an empty message')
  const said = speak(waiting, call.body, context)
  return ok(
    said
      ? publicMessage(context.world, said)
      : { id: context.world.id(), channel_id: waiting.channel, flags: 64, content: call.body.content ?? '' },
  )
}
