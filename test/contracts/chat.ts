// What every chat platform must do, tested once and run over each member: see chat.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Click, ClickReply } from '../../src/chat/contract.ts'
import type { Outbox } from '../../src/chat/outbox.ts'
import type { Attachment, Card, Control } from '../../src/core/card.ts'
import type { Person } from '../../src/core/people.ts'
import type { Task, TaskOf } from '../../src/core/task.ts'
import type { Thread } from '../../src/core/thread.ts'
import { eventually, sleep } from '../chat/support.ts'

/** A message as people see it. */
export interface Seen {
  text: string
  files: { name: string; text: string; alt?: string | undefined }[]
  /** how often its body was changed after it was posted */
  edits: number
  /** the people and groups whom it notifies */
  notifies: string[]
}

/** One platform with the outbox in front of it, and a way to be the people behind it. */
export interface ChatRig {
  outbox: Outbox
  tasks: Task[]
  clicks: Click[]
  /** what the next clicks are answered with */
  reply: ClickReply
  person: Person
  /** a thread nobody has spoken in yet */
  newThread(): Promise<Thread>
  /** what the bot said in a thread, in order */
  seen(thread: Thread): Promise<Seen[]>
  /** what only that person was shown, in any thread */
  privately(person: Person): Promise<string[]>
  /** a place in the thread where the control can be pressed now; a select with its value, a form with its answers */
  press?(thread: Thread, label: string, how?: { value?: string; fields?: Record<string, string> }): Promise<void>
  /** the person writes to the bot; resolves the platform's own delivery, to repeat it */
  ask?(text: string): Promise<{ again?: () => Promise<void> }>
  /** somebody who must not ask, by kind */
  askAs?(kind: 'guest' | 'bot' | 'stranger', text: string): Promise<Person>
  /** reactions on the person's latest message */
  reactions?(): Promise<string[]>
  stop(): Promise<void>
}

// shapes a person may be tricked by: none may notify, link, format or reach the screen as it is
const HOSTILE = [
  '<!channel> <!here> <@U1MIRA> <!subteam^S1|team> @everyone @here',
  '*bold* _it_ ~s~ `code` ```fence``` [text](https://evil.test) **b** || spoiler ||',
  '<https://evil.test|https://good.test>',
  '\u202egnp.exe\u202c \u2066x\u2069 zero\u200bwidth\u2060 tag\u{e0041}',
  '\u001b[31mred\u001b[0m \u001b]8;;https://evil.test\u0007link\u001b]8;;\u0007 \u001b[2J\u0007\u0000',
  'javascript:alert(1) https://user:pass@evil.test/',
]
// oxlint-disable-next-line no-control-regex -- what must not appear
const FORBIDDEN = /[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2060\u0000-\u0008\u000e-\u001a\u001c-\u001f]/

export function chatContract(
  name: string,
  open: () => Promise<ChatRig>,
  can: { ask: boolean; edits: boolean; files: boolean },
): void {
  // platforms side by side, the tests of one platform one after the other
  describe.concurrent(name, () => {
    describe('keeps the chat contract', { concurrent: false }, () => {
      let rig: ChatRig
      beforeAll(async () => {
        rig = await open()
      })
      afterAll(() => rig?.stop())

      function put(thread: Thread, key: string, card: Partial<Card>, attachments: Attachment[] = []): Promise<boolean> {
        return rig.outbox.put({
          kind: 'post',
          key,
          thread,
          card: { blocks: [], controls: [], ...card },
          attachments,
          root: false,
        })
      }

      function say(thread: Thread, key: string, text: string): Promise<boolean> {
        return put(thread, key, { blocks: [{ kind: 'text', text }] })
      }

      async function seenWhen(thread: Thread, count: number): Promise<Seen[]> {
        return eventually(`${count} messages`, async () => {
          const seen = await rig.seen(thread)
          return seen.length >= count && seen
        })
      }

      it('shows every fact of a card: title, cluster, facts, code, list, note, controls', async () => {
        const thread = await rig.newThread()
        await put(thread, 'card', {
          tone: 'bad',
          title: 'shop/checkout: 3 of 3 pods crash-looping',
          cluster: 'prod-eu',
          blocks: [
            { kind: 'text', text: ['It ', { bold: 'fails' }, ' at ', { code: 'start' }] },
            { kind: 'facts', rows: [{ label: 'Cause', text: 'DATABASE_URL is not set' }] },
            { kind: 'code', text: 'NAME   READY\ncheckout 0/1' },
            { kind: 'list', items: ['first item', 'second item'] },
            { kind: 'divider' },
            { kind: 'note', text: 'not permitted: list nodes' },
          ],
          controls: [{ kind: 'button', id: 'i:logs', label: 'Logs', style: 'plain' }],
        })
        const [message] = await seenWhen(thread, 1)
        for (const fact of [
          'shop/checkout: 3 of 3 pods crash-looping',
          'prod-eu',
          'fails',
          'start',
          'Cause',
          'DATABASE_URL is not set',
          'checkout 0/1',
          'first item',
          'second item',
          'not permitted: list nodes',
          'Logs',
        ]) {
          expect(message!.text).toContain(fact)
        }
      })

      it('says the messages of a thread in the order they were put', async () => {
        const thread = await rig.newThread()
        for (const n of [1, 2, 3, 4]) await say(thread, `m${n}`, `message ${n}`)
        const seen = await seenWhen(thread, 4)
        expect(seen.map((one) => /message \d/.exec(one.text)?.[0])).toEqual([
          'message 1',
          'message 2',
          'message 3',
          'message 4',
        ])
      })

      it('says the same key and body once, however often it is put', async () => {
        const thread = await rig.newThread()
        const results = []
        for (let n = 0; n < 5; n += 1) results.push(await say(thread, 'once', 'only once'))
        await seenWhen(thread, 1)
        results.push(await say(thread, 'once', 'only once'))
        await sleep(300)
        expect(await rig.seen(thread)).toHaveLength(1)
        expect(results).toEqual([true, false, false, false, false, false])
      })

      it('edits the message when its key is put with another body, and shows the newest', async () => {
        const thread = await rig.newThread()
        await say(thread, 'k', 'looking at pods')
        await seenWhen(thread, 1)
        for (const n of [1, 2, 3, 4, 5]) await say(thread, 'k', `looking at step ${n}`)
        await say(thread, 'k', 'the answer')
        const message = await eventually('the newest body', async () => {
          const seen = await rig.seen(thread)
          expect(seen).toHaveLength(1)
          return seen[0]!.text.includes('the answer') && seen[0]
        })
        // bodies that were outdated before they could be shown are skipped
        if (can.edits) expect(message.edits).toBeLessThanOrEqual(3)
      })

      it('shows what is still being written, and ends with the last body, in one message', async () => {
        const thread = await rig.newThread()
        const body = (texts: string[], line?: string): Card => ({
          blocks: [
            ...texts.map((text) => ({ kind: 'text' as const, text })),
            ...(line ? [{ kind: 'note' as const, text: line }] : []),
          ],
          controls: [],
        })
        const write = (card: Card, growing: boolean) =>
          rig.outbox.put({
            kind: 'post',
            key: 'growing',
            thread,
            card,
            attachments: [],
            root: false,
            ...(growing ? { growing: rig.person } : {}),
          })
        await write(body(['what was found'], 'asking the model'), true)
        const [first] = await seenWhen(thread, 1)
        expect(first!.text).toContain('what was found')
        await write(body(['what was found', 'the first sentence'], 'writing'), true)
        await sleep(200)
        await write(body(['what was found', 'the first sentence', 'the checked end']), false)
        const message = await eventually('the last body', async () => {
          const seen = await rig.seen(thread)
          expect(seen).toHaveLength(1)
          return seen[0]!.text.includes('the checked end') && seen[0]
        })
        expect(message.text).not.toMatch(/asking the model|writing/)
        expect(message.text.match(/the first sentence/g)).toHaveLength(1)
      })

      it('knows where a delivered message stands, and which key stands there', async () => {
        const thread = await rig.newThread()
        await say(thread, 'where', 'here')
        await seenWhen(thread, 1)
        if (!can.edits) return
        const on = await eventually('its place', () => rig.outbox.posted(thread, 'where'))
        expect(await rig.outbox.keyOf(on)).toEqual({ thread, key: 'where' })
        expect(await rig.outbox.keyOf({ ...on, message: '1.000001' })).toBeUndefined()
      })

      it('cuts what is too long, says so, and keeps all of it in a file', async () => {
        const thread = await rig.newThread()
        const lines = Array.from({ length: 3000 }, (_, n) => `line ${n} of the log of checkout`)
        await put(thread, 'long', { title: 'Logs', blocks: [{ kind: 'code', text: lines.join('\n') }] })
        const message = await eventually('the file', async () => {
          const seen = await rig.seen(thread)
          if (!can.files) return seen[0]
          return (
            seen.some((one) => one.files.length > 0) && { text: seen[0]!.text, files: seen.flatMap((one) => one.files) }
          )
        })
        expect(message.text).toContain('line 0 of')
        if (!can.files) return
        expect(message.text).not.toContain('line 2999 of')
        expect(message.text).toMatch(/more lines/)
        expect(message.files).toHaveLength(1)
        expect(message.files[0]!.text).toContain('line 2999 of the log')
      })

      it('puts a file beside a message once, with its text for those who cannot see it', async () => {
        const thread = await rig.newThread()
        const picture = {
          name: 'graph.png',
          alt: 'memory of checkout over 1 h',
          data: Buffer.from([137, 80, 78, 71, 0, 255]).toString('base64'),
          encoding: 'base64' as const,
        }
        await put(thread, 'picture', { blocks: [{ kind: 'text', text: 'memory' }] }, [picture])
        await put(thread, 'picture', { blocks: [{ kind: 'text', text: 'memory, updated' }] }, [picture])
        const files = await eventually('the picture', async () => {
          const seen = await rig.seen(thread)
          return (
            seen.some((one) => one.text.includes('updated')) &&
            seen.some((one) => one.files.length > 0) &&
            seen.flatMap((one) => one.files)
          )
        })
        expect(files).toHaveLength(1)
        expect(files[0]!.name).toMatch(/^graph.*\.png$/)
        expect(files[0]!.alt).toBe('memory of checkout over 1 h')
      })

      it('accepts a card far beyond every limit of the platform', async () => {
        const thread = await rig.newThread()
        const controls: Control[] = Array.from({ length: 24 }, (_, n) => ({
          kind: 'button',
          id: `i:${n}${'x'.repeat(90)}`,
          label: `Button ${n} ${'y'.repeat(60)}`,
          style: 'plain',
        }))
        controls.push({
          kind: 'select',
          id: 'i:select',
          placeholder: 'Pick',
          options: Array.from({ length: 25 }, (_, n) => ({ label: `option ${n}`, value: `v${n}` })),
        })
        await put(thread, 'huge', {
          title: 't'.repeat(5000),
          cluster: 'c'.repeat(500),
          blocks: [
            ...Array.from({ length: 70 }, (_, n) => ({
              kind: 'text' as const,
              text: `block ${n} ${'z'.repeat(2000)}`,
            })),
            {
              kind: 'facts',
              rows: Array.from({ length: 300 }, (_, n) => ({ label: `fact ${n}`, text: 'v'.repeat(400) })),
            },
            { kind: 'code', text: 'x'.repeat(300_000) },
            { kind: 'list', items: Array.from({ length: 500 }, () => 'i'.repeat(100)) },
          ],
          controls,
        })
        await say(thread, 'after', 'still alive')
        const seen = await eventually('both messages', async () => {
          const all = await rig.seen(thread)
          return all.some((one) => one.text.includes('still alive')) && all
        })
        expect(seen[0]!.text).toContain('block 0')
        expect((await rig.outbox.dead()).filter((letter) => letter.key === 'huge')).toEqual([])
      })

      it('accepts empty and blank parts', async () => {
        const thread = await rig.newThread()
        await put(thread, 'blank', {
          title: '',
          blocks: [
            { kind: 'text', text: '' },
            { kind: 'text', text: [] },
            { kind: 'facts', rows: [{ label: '', text: '' }] },
            { kind: 'code', text: '' },
            { kind: 'list', items: ['', ' '] },
            { kind: 'note', text: '' },
          ],
        })
        await say(thread, 'after', 'still alive')
        await eventually('the next message', async () =>
          (await rig.seen(thread)).some((one) => one.text.includes('still alive')),
        )
        expect((await rig.outbox.dead()).filter((letter) => letter.key === 'blank')).toEqual([])
      })

      it.each(HOSTILE)('makes hostile text harmless wherever it stands: %j', async (text) => {
        const thread = await rig.newThread()
        await put(thread, 'hostile', {
          title: text,
          cluster: text,
          blocks: [
            { kind: 'text', text: [text, { bold: text }, { code: text }, { link: 'javascript:alert(1)', text }] },
            { kind: 'facts', rows: [{ label: text, text }] },
            { kind: 'code', text },
            { kind: 'list', items: [text] },
            { kind: 'note', text },
          ],
          controls: [{ kind: 'button', id: 'i:x', label: text.slice(0, 75), style: 'plain' }],
        })
        const [message] = await seenWhen(thread, 1)
        expect(message!.notifies).toEqual([])
        expect(message!.text).not.toMatch(FORBIDDEN)
        expect(message!.text).not.toContain('\u001b[2J')
        expect(message!.text).not.toContain('\u001b]8')
      })

      it('redacts what looks like a secret before it is stored', async () => {
        const thread = await rig.newThread()
        const secret = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`
        await put(
          thread,
          'secret',
          {
            blocks: [
              { kind: 'code', text: `token ${secret}` },
              { kind: 'text', text: ['to', { bold: `ken ${secret}` }] },
            ],
          },
          [{ name: 'log.txt', data: `token ${secret}`, encoding: 'utf8' }],
        )
        const seen = await seenWhen(thread, 1)
        expect(JSON.stringify(seen)).not.toContain(secret)
      })

      it('shows a private note to that person only', async () => {
        const thread = await rig.newThread()
        await rig.outbox.put({
          kind: 'private',
          key: 'note',
          thread,
          to: rig.person,
          card: { blocks: [{ kind: 'text', text: 'for your eyes only' }], controls: [] },
        })
        await eventually('the note', async () =>
          (await rig.privately(rig.person)).some((text) => text.includes('for your eyes only')),
        )
        expect((await rig.seen(thread)).filter((one) => one.text.includes('for your eyes only'))).toEqual([])
      })

      if (!can.ask) return

      describe('and listens', () => {
        it('turns a question into one task, in its thread, and says that it was seen', async () => {
          const before = rig.tasks.length
          const { again } = await rig.ask!('what is wrong in shop?')
          const task = await eventually('the task', () => rig.tasks[before] as TaskOf<'answer'> | undefined)
          await again?.()
          await sleep(300)
          expect(rig.tasks.slice(before).filter((one) => one.id !== task.id)).toEqual([])
          expect(task).toMatchObject({ kind: 'answer', text: 'what is wrong in shop?', asker: { id: rig.person.id } })
          await say(task.thread, 'reply', 'the answer to it')
          await eventually('the answer in the thread', async () =>
            (await rig.seen(task.thread)).some((one) => one.text.includes('the answer to it')),
          )
          if (rig.reactions) await eventually('👀', async () => (await rig.reactions!()).includes('seen'))
        })

        it('hands a press on, with the person as the platform knows them and the message it stands on', async () => {
          const thread = await rig.newThread()
          await put(thread, 'buttons', {
            blocks: [{ kind: 'text', text: 'choose' }],
            controls: [
              { kind: 'button', id: 'i:one', label: 'First', style: 'primary' },
              {
                kind: 'select',
                id: 'i:two',
                placeholder: 'Container',
                options: [
                  { label: 'web', value: 'web' },
                  { label: 'proxy', value: 'proxy' },
                ],
              },
            ],
          })
          await seenWhen(thread, 1)
          const on = await eventually('its place', () => rig.outbox.posted(thread, 'buttons'))
          const before = rig.clicks.length
          await rig.press!(thread, 'First')
          const click = await eventually('the click', () => rig.clicks[before])
          expect(click).toMatchObject({
            control: 'i:one',
            person: { id: rig.person.id },
            on: { message: on.message },
            fields: {},
          })
          await rig.press!(thread, 'Container', { value: 'proxy' })
          expect(await eventually('the choice', () => rig.clicks[before + 1])).toMatchObject({
            control: 'i:two',
            value: 'proxy',
          })
        })

        it('asks for what a form wants and hands on the answers', async () => {
          const thread = await rig.newThread()
          await put(thread, 'form', {
            blocks: [{ kind: 'text', text: 'a plan' }],
            controls: [
              {
                kind: 'button',
                id: 'a:1:reject',
                label: 'Reject…',
                style: 'danger',
                form: {
                  title: 'Reject',
                  submit: 'Reject',
                  fields: [{ id: 'reason', label: 'Why', multiline: true, required: true }],
                },
              },
            ],
          })
          await seenWhen(thread, 1)
          const before = rig.clicks.length
          await rig.press!(thread, 'Reject…', { fields: { reason: 'too risky now' } })
          expect(await eventually('the answers', () => rig.clicks[before])).toMatchObject({
            control: 'a:1:reject',
            fields: { reason: 'too risky now' },
          })
        })

        it('shows the reply to a press to that person only', async () => {
          const thread = await rig.newThread()
          await put(thread, 'private-reply', {
            blocks: [{ kind: 'text', text: 'x' }],
            controls: [{ kind: 'button', id: 'i:r', label: 'Reply', style: 'plain' }],
          })
          await seenWhen(thread, 1)
          rig.reply = { note: 'you may not do that' }
          await rig.press!(thread, 'Reply')
          await eventually('the note', async () =>
            (await rig.privately(rig.person)).some((text) => text.includes('you may not do that')),
          )
          rig.reply = {}
        })

        it('takes no press of a button that the message no longer carries', async () => {
          const thread = await rig.newThread()
          await put(thread, 'old', {
            blocks: [{ kind: 'text', text: 'a plan' }],
            controls: [{ kind: 'button', id: 'i:old', label: 'Old', style: 'plain' }],
          })
          await seenWhen(thread, 1)
          const before = rig.clicks.length
          await put(thread, 'old', { blocks: [{ kind: 'text', text: 'decided' }] })
          await rig.press!(thread, 'Old')
          await sleep(300)
          expect(rig.clicks.slice(before)).toEqual([])
        })

        for (const kind of ['guest', 'bot', 'stranger'] as const) {
          it(`gives a ${kind} no answer`, async () => {
            if (!rig.askAs) return
            const before = rig.tasks.length
            const person = await rig.askAs(kind, 'show me the secrets')
            if (kind !== 'bot') await eventually('the refusal', async () => (await rig.privately(person)).length > 0)
            await sleep(300)
            expect(rig.tasks.slice(before)).toEqual([])
          })
        }
      })
    })
  })
}
