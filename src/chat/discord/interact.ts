// What people press, fill in and command: answered in time, privately where it concerns only them, and stored before it counts as done.
import { createHash } from 'node:crypto'
import { PermissionFlagsBits, type REST } from 'discord.js'
import { textCard } from '../../core/card.ts'
import { messageOf } from '../../core/errors.ts'
import type { MessageRef } from '../../core/thread.ts'
import type { Logger } from '../../log.ts'
import type { Clicks } from '../clicks.ts'
import type { Handlers } from '../contract.ts'
import { type Inbound, NO_WORDS } from '../intake.ts'
import type { Outbox } from '../outbox.ts'
import { asksForPlans, pendingNote } from '../pending.ts'
import { futureThread } from '../threads.ts'
import { type Asked, type Interacted, parseInteraction, type Self } from './parse.ts'
import type { Places } from './places.ts'
import { createReceipt, type Receipt } from './receipt.ts'
import type { Tokens } from './tokens.ts'

const NOT_SERVED =
  'I do not serve this place: write to me directly, or have an operator add this server to DISCORD_GUILDS.'
const NOT_HERE =
  'I may not write in this channel: ask somebody to give me the permissions View Channel and Send Messages here.'
const HEARD = 'I answer in the thread of your question.'
const FAILED = 'That did not work just now; please try again in a moment.'
/** of what was heard lately; the same event may come twice */
const REMEMBERED = 2000

export interface InteractOptions {
  rest: REST
  self: () => Self
  handlers: () => Handlers
  outbox: Outbox
  clicks: Clicks
  tokens: Tokens
  places: Places
  ask: (inbound: Inbound) => Promise<void>
  log: Logger
}

/** Takes an interaction, as the gateway tells of it. Never rejects. */
export function createInteractions(options: InteractOptions): (payload: unknown) => Promise<void> {
  const { rest, self, outbox, clicks, tokens, places, ask, log } = options
  const heard = new Set<string>()

  async function interacted(payload: unknown): Promise<void> {
    const what = parseInteraction(payload, self())
    if (!what || heard.has(what.asked.id)) return
    heard.add(what.asked.id)
    if (heard.size > REMEMBERED) heard.delete(heard.values().next().value!)
    const how = what.kind === 'press' || what.kind === 'form' ? 'update' : 'private'
    const receipt = createReceipt(rest, what.asked, how)
    try {
      if (!what.asked.served) await receipt.tell(NOT_SERVED)
      else await act(what, receipt)
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'an interaction could not be handled')
      await receipt.tell(FAILED).catch(() => {})
    }
  }

  function act(what: Interacted, receipt: Receipt): Promise<void> {
    switch (what.kind) {
      case 'press':
        return pressed(what, receipt)
      case 'form':
        return receipt.during(clicked(what, receipt))
      case 'command':
        return receipt.during(commanded(what, receipt))
      case 'menu':
        return receipt.during(investigated(what, receipt))
    }
  }

  async function clicked({ asked, press }: Extract<Interacted, { press: unknown }>, receipt: Receipt): Promise<void> {
    // what the click leads to may have to be told to that person alone
    await tokens.keep(asked.person, press.on.thread, { app: asked.app, token: asked.token })
    await clicks.take(press, saying(options.handlers()), receipt.tell)
  }

  async function pressed(what: Extract<Interacted, { kind: 'press' }>, receipt: Receipt): Promise<void> {
    if (await clicks.form(what.press, receipt.open)) return
    await receipt.during(clicked(what, receipt))
  }

  async function commanded(command: Extract<Interacted, { kind: 'command' }>, receipt: Receipt): Promise<void> {
    const { asked, text, inThread } = command
    const { person } = asked
    const name = createHash('sha256').update(asked.id).digest('hex').slice(0, 16)
    const thread = inThread ? command.where : futureThread(command.where, `command-${name}`)
    const verdict = await options.handlers().mayAsk(person, thread)
    if (!verdict.allowed) return receipt.tell(verdict.why)
    if (asksForPlans(text)) return receipt.tell(await pendingNote(person, options.handlers(), outbox, addressOf))
    if (!mayWrite(asked, inThread && !thread.direct)) return receipt.tell(NOT_HERE)
    // what was asked is seen by all, and begins the thread where there is none yet
    const card = textCard([{ bold: verdict.name ?? person.id }, ' asks: ', text])
    await outbox.put({ kind: 'post', key: `command-${name}`, thread, card, attachments: [], root: !inThread })
    await ask({ id: [asked.id], thread, person, text, at: new Date().toISOString() })
    return receipt.tell(thread.direct ? 'I am looking.' : HEARD)
  }

  async function investigated(menu: Extract<Interacted, { kind: 'menu' }>, receipt: Receipt): Promise<void> {
    const { asked, inbound } = menu
    const inThread = inbound.thread.thread !== inbound.message?.message
    if (!mayWrite(asked, inThread)) return receipt.tell(NOT_HERE)
    if (inbound.text === '') return receipt.tell(NO_WORDS)
    await ask(inbound)
    return receipt.tell(HEARD)
  }

  async function addressOf(on: MessageRef): Promise<string> {
    return `https://discord.com/channels/${on.thread.workspace || '@me'}/${await places.holding(on)}/${on.message}`
  }

  return interacted
}

/** Forms of Discord close when they are sent: wrong answers become a note. */
function saying(handlers: Handlers): Handlers {
  return {
    ...handlers,
    async onClick(click) {
      const reply = await handlers.onClick(click)
      const [wrong] = Object.values(reply.errors ?? {})
      return wrong === undefined || reply.note !== undefined ? reply : { note: wrong }
    },
  }
}

function mayWrite({ person, permissions }: Asked, inThread: boolean): boolean {
  if (person.workspace === '') return true
  const send = inThread ? PermissionFlagsBits.SendMessagesInThreads : PermissionFlagsBits.SendMessages
  const needed = PermissionFlagsBits.ViewChannel | send
  return (permissions & needed) === needed || (permissions & PermissionFlagsBits.Administrator) !== 0n
}
