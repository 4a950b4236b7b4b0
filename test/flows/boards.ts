// What people see and do on a chat platform, in words that fit both: a story is told once, and holds on Slack and on Discord.
import type { FakeDiscord } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import type { FakeMessage as DiscordMessage } from '../fakes/discord/world.ts'
import { notified, showBlocks } from '../fakes/slack/show.ts'
import type { FakeSlack } from '../fakes/slack/slack.ts'
import type { FakeMessage as SlackMessage } from '../fakes/slack/world.ts'

export const PLATFORMS = ['slack', 'discord'] as const
export type Platform = (typeof PLATFORMS)[number]

export const PEOPLE = {
  slack: { mira: 'U1', jo: 'U2', sam: 'U3' },
  discord: { mira: '300000000000000001', jo: '300000000000000002', sam: '300000000000000003' },
} as const
export type Name = keyof (typeof PEOPLE)[Platform]

/** A message of the bot. */
export interface Post {
  id: string
  /** as it reads now, controls in brackets */
  readonly text: string
  /** how often it was edited */
  readonly edits: number
  /** whom it calls */
  readonly calls: string[]
}

export interface Board {
  platform: Platform
  /** messages of the bot in the channel, in no thread, in order */
  roots(): Post[]
  replies(root: Post): Post[]
  /** the first root that reads so, once it is there */
  root(words: RegExp): Promise<Post>
  /** the first reply that reads so, once it is there */
  reply(root: Post, words: RegExp, ms?: number): Promise<Post>
  /** the replies that read so by now */
  said(root: Post, words: RegExp): Post[]
  has(post: Post, label: string): boolean
  /** presses a button, or chooses from a list; the control has to be there */
  press(name: Name, post: Post, label: string, value?: string): void
  /** says something to the bot in the thread of a root */
  tell(name: Name, root: Post, text: string): void
  /** says it elsewhere; resolves when the bot has answered so */
  ask(name: Name, text: string, answer: RegExp): Promise<void>
  /** everything that was shown to one person alone */
  privately(name: Name): string
  /** the platform is away */
  outage(on: boolean): void
  /** everything said, for a test that failed */
  show(): string
  until<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>, ms?: number): Promise<T>
}

interface Control {
  id: string
  label: string
}

/** Where two platforms differ. */
interface Far<Message> {
  platform: Platform
  roots(): Message[]
  replies(root: Message): Message[]
  post(message: Message): Post
  controls(message: Message): Control[]
  press(message: Message, user: string, control: string, value: string | undefined): void
  tell(root: Message, user: string, text: string): void
  /** what the bot answers to it, as it reads by now */
  ask(user: string, text: string): () => string
  privately(user: string): string[]
  outage(on: boolean): void
  show(): string
}

function board<Message>(far: Far<Message>): Board {
  const { platform } = far
  const messages = new Map<string, Message>()
  const postOf = (message: Message): Post => {
    const post = far.post(message)
    messages.set(post.id, message)
    return post
  }
  const messageOf = ({ id }: Post) => messages.get(id) as Message
  const controlOf = (post: Post, label: string) => far.controls(messageOf(post)).find((one) => one.label === label)

  const own: Board = {
    platform,
    roots: () => far.roots().map(postOf),
    replies: (root) => far.replies(messageOf(root)).map(postOf),
    root: (words) => own.until(`the root of ${words}`, () => own.roots().find(({ text }) => words.test(text))),
    reply: (root, words, ms) => own.until(`the reply ${words}`, () => own.said(root, words)[0], ms),
    said: (root, words) => own.replies(root).filter(({ text }) => words.test(text)),
    has: (post, label) => controlOf(post, label) !== undefined,
    press(name, post, label, value) {
      const control = controlOf(post, label)
      if (!control) throw new Error(`no ${label} on: ${post.text}`)
      far.press(messageOf(post), PEOPLE[platform][name], control.id, value)
    },
    tell: (name, root, text) => far.tell(messageOf(root), PEOPLE[platform][name], text),
    async ask(name, text, answer) {
      const answered = far.ask(PEOPLE[platform][name], text)
      await own.until(`${text} → ${answer}`, () => answer.test(answered()))
    },
    privately: (name) => far.privately(PEOPLE[platform][name]).join('\n'),
    outage: far.outage,
    show: far.show,
    async until(what, check, ms = 30_000) {
      const end = Date.now() + ms
      for (;;) {
        const found = await check()
        if (found) return found
        if (Date.now() > end) throw new Error(`never on ${platform}: ${what}\n${far.show()}`)
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    },
  }
  return own
}

let asked = 0

export function slackBoard(slack: FakeSlack, channel: string): Board {
  const read = ({ text, blocks }: Pick<SlackMessage, 'text' | 'blocks'>) =>
    blocks ? showBlocks(blocks, slack.world) : text
  const addChannel = (id: string) =>
    slack.addChannel({ id, name: id.toLowerCase(), members: [...Object.values(PEOPLE.slack), slack.world.botUser] })
  addChannel(channel)
  return board<SlackMessage>({
    platform: 'slack',
    roots: () => slack.said(channel).filter(({ ts, thread_ts: thread = ts }) => thread === ts),
    replies: ({ ts: root }) =>
      slack.said(channel).filter(({ ts, thread_ts: thread }) => thread === root && ts !== root),
    post: (message) => ({
      id: message.ts,
      get text() {
        return read(message)
      },
      get edits() {
        return message.history.length - 1
      },
      get calls() {
        return notified(message)
      },
    }),
    controls: ({ blocks = [] }) =>
      (blocks as { elements?: { action_id?: string; text?: { text?: string }; placeholder?: { text?: string } }[] }[])
        .flatMap(({ elements = [] }) => elements)
        .flatMap(({ action_id: id, text, placeholder }) =>
          id === undefined ? [] : [{ id, label: placeholder?.text ?? text?.text ?? '' }],
        ),
    press: (message, user, action, value) =>
      void slack.press({ message, user, action, ...(value === undefined ? {} : { value }) }),
    tell: ({ ts }, user, text) => void slack.mention({ channel, user, text, thread_ts: ts }),
    ask(user, text) {
      const { id } = addChannel(`CASK${++asked}`)
      slack.mention({ channel: id, user, text })
      return () => slack.said(id).map(read).join('\n')
    },
    privately: (user) => slack.world.ephemerals.filter((one) => one.user === user).map(read),
    outage: slack.outage,
    show: () => slack.show(channel),
  })
}

export function discordBoard(discord: FakeDiscord, channel: string): Board {
  return board<DiscordMessage>({
    platform: 'discord',
    roots: () => discord.said(channel),
    replies: ({ id }) => discord.said(id),
    post: (message) => ({
      id: message.id,
      get text() {
        return showBody(message)
      },
      get edits() {
        return message.history.length - 1
      },
      get calls() {
        return message.notified
      },
    }),
    controls: ({ components }) =>
      (components as { components: { custom_id: string; label?: string; placeholder?: string }[] }[])
        .flatMap((row) => row.components)
        .map(({ custom_id: id, placeholder, label = '' }) => ({ id, label: placeholder ?? label })),
    press: (message, user, control, value) =>
      void discord.press({ message, user, control, ...(value === undefined ? {} : { value }) }),
    tell: ({ id }, user, text) => void discord.mention({ channel: id, user, text }),
    ask(user, text) {
      const { id } = discord.mention({ channel: discord.addChannel({}).id, user, text })
      return () => discord.said(id).map(showBody).join('\n')
    },
    privately: (user) => discord.world.ephemerals.filter((one) => one.user === user).map(showBody),
    outage: discord.outage,
    show: () => discord.show(),
  })
}
