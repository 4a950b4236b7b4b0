// Speaking in Discord: each method of Say is one or two REST calls, and every refusal becomes a SayError.
import { createHash } from 'node:crypto'
import { MessageFlags, type REST, Routes } from 'discord.js'
import { z } from 'zod'
import type { Attachment, Card } from '../../core/card.ts'
import type { Person } from '../../core/people.ts'
import { type Thread, threadKey } from '../../core/thread.ts'
import type { Posted, Say } from '../contract.ts'
import { clip, neutraliseLine } from '../neutralise.ts'
import { cardText } from '../plain.ts'
import { CODE, discordErrorCode, discordStatus, toSayError } from './errors.ts'
import { idAt, type Self } from './parse.ts'
import type { Place, Places } from './places.ts'
import { renderCard } from './render.ts'
import type { Tokens } from './tokens.ts'
import { createWhois } from './whois.ts'

const SIGNS = { seen: '👀', done: '✅', failed: '❌' } as const
/** pages of 100 messages looked through for a message of ours */
const LOOK_BACK_PAGES = 10
const MAX_TITLE = 90

const Found = z.array(
  z.object({
    id: z.string(),
    author: z.object({ id: z.string() }),
    embeds: z.array(z.object({ url: z.string().nullish() })).default([]),
    attachments: z.array(z.object({ filename: z.string() })).default([]),
  }),
)
type FoundMessage = z.infer<typeof Found>[number]

export interface SayOptions {
  rest: REST
  places: Places
  /** known once the adapter has started; nothing is said before */
  self(): Self
  tokens: Tokens
  /** a thread has been opened: what people write there is for us */
  opened(thread: Thread): Promise<void>
}

export function createSay({ rest, places, self, tokens, opened }: SayOptions): Say {
  async function call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toSayError(error)
    }
  }

  /** Says something in a thread, opening it when it is not open yet. */
  async function send(
    thread: Thread,
    title: string,
    body: Record<string, unknown>,
    file?: { name: string; data: Buffer },
  ): Promise<string> {
    const to = async (place: Place) => {
      const reply = place.reply ? { message_reference: { message_id: place.reply, fail_if_not_exists: false } } : {}
      const sent = await rest.post(Routes.channelMessages(place.channel), {
        body: { ...body, ...reply },
        ...(file ? { files: [file] } : {}),
      })
      return z.object({ id: z.string() }).parse(sent).id
    }
    return call(async () => {
      const place = await places.of(thread)
      try {
        return await to(place)
      } catch (error) {
        if (place.channel !== thread.thread || thread.direct) throw error
        const other = await instead(thread, title, discordErrorCode(error), file !== undefined)
        if (!other) throw error
        return to(other)
      }
    })
  }

  /** Where else to speak when a thread does not take it; undefined: nowhere. */
  async function instead(
    thread: Thread,
    title: string,
    code: number | undefined,
    isFile: boolean,
  ): Promise<Place | undefined> {
    // not opened yet, or deleted; one that did not begin with a message is not made anew, and nothing goes to the channel around it
    if (code === CODE.unknownChannel) return places.open(thread, title)
    // we may open threads here, but not write in them; a file may be refused for itself
    return code === CODE.missingPermissions && !isFile ? places.leave(thread) : undefined
  }

  async function post(message: { key: string; thread: Thread; card: Card; root: boolean }): Promise<Posted> {
    const { key, thread, card, root } = message
    const mark = markOf(thread, key)
    const body = { ...bodyOf(card, mark), ...onceFor(mark) }
    const title = titleOf(card)
    const where = root ? { ...thread, thread: '' } : thread
    const id = await send(where, title, body)
    if (!root) return { message: id, thread }
    return { message: id, thread: await opens(thread, id, title) }
  }

  /** The thread that a root message opens. When it cannot be opened now, the next message in it tries again. */
  async function opens(thread: Thread, root: string, title: string): Promise<Thread> {
    const real = { ...thread, thread: thread.direct ? thread.channel : root }
    await places.open(real, title).catch(() => {})
    await opened(real)
    return real
  }

  async function find(thread: Thread, key: string, since: number, root: boolean): Promise<Posted | undefined> {
    const mark = markOf(thread, key)
    const message = await lookBack(root ? { ...thread, thread: '' } : thread, since, (one) =>
      one.embeds.some((embed) => embed.url === mark),
    )
    if (!message) return undefined
    return { message: message.id, thread: root ? await opens(thread, message.id, '') : thread }
  }

  async function lookBack(
    thread: Thread,
    since: number,
    wanted: (message: FoundMessage) => boolean,
  ): Promise<FoundMessage | undefined> {
    const { channel } = await places.of(thread)
    let after = idAt(since)
    for (let page = 0; page < LOOK_BACK_PAGES; page += 1) {
      const query = new URLSearchParams({ after, limit: '100' })
      let messages: FoundMessage[]
      try {
        messages = Found.parse(await rest.get(Routes.channelMessages(channel), { query }))
      } catch (error) {
        // the thread is not open yet, so nothing can stand in it
        if (discordErrorCode(error) === CODE.unknownChannel && channel === thread.thread) return undefined
        throw toSayError(error)
      }
      const found = messages.find((one) => one.author.id === self().user && wanted(one))
      if (found) return found
      if (messages.length < 100) return undefined
      after = messages.reduce((last, one) => (BigInt(one.id) > BigInt(last) ? one.id : last), after)
    }
    return undefined
  }

  async function update(on: { thread: Thread; message: string }, message: { key: string; card: Card }): Promise<void> {
    const channel = await places.holding(on)
    const body = bodyOf(message.card, markOf(on.thread, message.key))
    const edit = () => rest.patch(Routes.channelMessage(channel, on.message), { body })
    await call(() =>
      edit().catch(async (error: unknown) => {
        if (discordErrorCode(error) !== CODE.archived) throw error
        await rest.patch(Routes.channel(channel), { body: { archived: false } })
        return edit()
      }),
    )
  }

  async function notify({ key, to, thread, card }: Parameters<Say['notify']>[0]): Promise<void> {
    const mark = markOf(thread, key)
    const body = bodyOf(card, mark)
    if (await whispered(to, thread, body)) return
    await call(async () => {
      const channel = thread.direct ? thread.channel : await directChannel(to.id)
      await rest.post(Routes.channelMessages(channel), { body: { ...body, ...onceFor(mark) } })
    })
  }

  /** In the place where they pressed something just now; false when they did not, or too long ago. */
  async function whispered(to: Person, thread: Thread, body: Record<string, unknown>): Promise<boolean> {
    const kept = await tokens.latest(to, thread)
    if (!kept) return false
    try {
      await rest.post(Routes.webhook(kept.app, kept.token), {
        body: { ...body, flags: MessageFlags.Ephemeral },
        auth: false,
      })
      return true
    } catch (error) {
      const say = toSayError(error)
      // refused: the token is too old, and a direct message does it too
      if (say.failure === 'refused' || say.failure === 'gone' || discordStatus(error) === 401) return false
      throw say
    }
  }

  async function directChannel(user: string): Promise<string> {
    const opened = await rest.post(Routes.userChannels(), { body: { recipient_id: user } })
    return z.object({ id: z.string() }).parse(opened).id
  }

  async function upload(thread: Thread, file: Attachment, tag: string): Promise<void> {
    const bytes = Buffer.from(file.data, file.encoding)
    const name = taggedName(file.name, tag)
    const alt = file.alt ? { description: clip(neutraliseLine(file.alt), 1024) } : {}
    const body = {
      attachments: [{ id: '0', filename: name, ...alt }],
      allowed_mentions: { parse: [] },
      ...onceFor(digest(`${threadKey(thread)}\n${tag}`)),
    }
    await send(thread, file.title ?? file.name, body, {
      name,
      data: bytes.length > 0 ? bytes : Buffer.from('(empty)\n'),
    })
  }

  async function react(on: { thread: Thread; message: string }, sign: keyof typeof SIGNS): Promise<void> {
    const channel = await places.holding(on)
    await call(() => rest.put(Routes.channelMessageOwnReaction(channel, on.message, encodeURIComponent(SIGNS[sign]))))
  }

  return {
    post,
    update,
    find,
    notify,
    upload,
    react,
    whois: createWhois(rest, self),
    overflow: (card) => renderCard(card).overflow,
    async hasFile(thread, tag, since) {
      return (
        (await lookBack(thread, since, (one) => one.attachments.some((file) => file.filename.includes(tag)))) !==
        undefined
      )
    },
    async openThread(on, title) {
      if (on.thread.direct || on.message !== on.thread.thread) return
      await call(() => places.open(on.thread, title))
    },
  }
}

function bodyOf(card: Card, mark?: string) {
  const { content, embeds, components, users, roles } = renderCard(card, mark)
  return { content, embeds, components, allowed_mentions: { parse: [], users, roles } }
}

/** The first line of a card, for the name of a thread that has to be opened for it. */
function titleOf(card: Card): string {
  return cardText(card, MAX_TITLE).split('\n', 1)[0]!.slice(0, MAX_TITLE)
}

/** Identifies a message of ours: the address of its embed, which nobody sees. Its end is the nonce. */
function markOf(thread: Thread, key: string): string {
  return `https://discord.com/#firstmate-${digest(`${threadKey(thread)}\n${key}`).slice(0, 25)}`
}

/** Discord posts the same once for some minutes. */
function onceFor(mark: string) {
  return { nonce: mark.slice(-25), enforce_nonce: true }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** `logs.txt` → `logs.3fa9c1.txt` */
function taggedName(name: string, tag: string): string {
  const clean =
    neutraliseLine(name)
      .replace(/[^\w.-]/g, '-')
      .slice(0, 80) || 'output.txt'
  const dot = clean.lastIndexOf('.')
  return dot > 0 ? `${clean.slice(0, dot)}.${tag}${clean.slice(dot)}` : `${clean}.${tag}`
}
