// What every chat platform that people write on must do with what it hears.
import { expect, it } from 'vitest'
import type { TaskOf } from '../../src/core/task.ts'
import { eventually, sleep } from '../chat/support.ts'
import type { Talk } from './chat-rig.ts'

export function listens(talk: Talk): void {
  const { put, say, seenWhen } = talk

  it('turns a question into one task, in its thread, and says that it was seen', async () => {
    const before = talk.rig.tasks.length
    const { again } = await talk.rig.ask!('what is wrong in shop?')
    const task = await eventually('the task', () => talk.rig.tasks[before] as TaskOf<'answer'> | undefined)
    await again?.()
    await sleep(300)
    expect(talk.rig.tasks.slice(before).filter((one) => one.id !== task.id)).toEqual([])
    expect(task).toMatchObject({ kind: 'answer', text: 'what is wrong in shop?', asker: { id: talk.rig.person.id } })
    await say(task.thread, 'reply', 'the answer to it')
    await eventually('the answer in the thread', async () =>
      (await talk.rig.seen(task.thread)).some((one) => one.text.includes('the answer to it')),
    )
    if (talk.rig.reactions) await eventually('👀', async () => (await talk.rig.reactions!()).includes('seen'))
  })

  it('hands a press on, with the person as the platform knows them and the message it stands on', async () => {
    const thread = await talk.rig.newThread()
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
    const on = await eventually('its place', () => talk.rig.outbox.posted(thread, 'buttons'))
    const before = talk.rig.clicks.length
    await talk.rig.press!(thread, 'First')
    const click = await eventually('the click', () => talk.rig.clicks[before])
    expect(click).toMatchObject({
      control: 'i:one',
      person: { id: talk.rig.person.id },
      on: { message: on.message },
      fields: {},
    })
    await talk.rig.press!(thread, 'Container', { value: 'proxy' })
    expect(await eventually('the choice', () => talk.rig.clicks[before + 1])).toMatchObject({
      control: 'i:two',
      value: 'proxy',
    })
  })

  it('asks for what a form wants and hands on the answers', async () => {
    const thread = await talk.rig.newThread()
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
    const before = talk.rig.clicks.length
    await talk.rig.press!(thread, 'Reject…', { fields: { reason: 'too risky now' } })
    expect(await eventually('the answers', () => talk.rig.clicks[before])).toMatchObject({
      control: 'a:1:reject',
      fields: { reason: 'too risky now' },
    })
  })

  it('shows the reply to a press to that person only', async () => {
    const thread = await talk.rig.newThread()
    await put(thread, 'private-reply', {
      blocks: [{ kind: 'text', text: 'x' }],
      controls: [{ kind: 'button', id: 'i:r', label: 'Reply', style: 'plain' }],
    })
    await seenWhen(thread, 1)
    talk.rig.reply = { note: 'you may not do that' }
    await talk.rig.press!(thread, 'Reply')
    await eventually('the note', async () =>
      (await talk.rig.privately(talk.rig.person)).some((text) => text.includes('you may not do that')),
    )
    talk.rig.reply = {}
  })

  it('takes no press of a button that the message no longer carries', async () => {
    const thread = await talk.rig.newThread()
    await put(thread, 'old', {
      blocks: [{ kind: 'text', text: 'a plan' }],
      controls: [{ kind: 'button', id: 'i:old', label: 'Old', style: 'plain' }],
    })
    await seenWhen(thread, 1)
    const before = talk.rig.clicks.length
    await put(thread, 'old', { blocks: [{ kind: 'text', text: 'decided' }] })
    await talk.rig.press!(thread, 'Old')
    await sleep(300)
    expect(talk.rig.clicks.slice(before)).toEqual([])
  })

  for (const kind of ['guest', 'bot', 'stranger'] as const) {
    it(`gives a ${kind} no answer`, async () => {
      if (!talk.rig.askAs) return
      const before = talk.rig.tasks.length
      const person = await talk.rig.askAs(kind, 'show me the secrets')
      if (kind !== 'bot') await eventually('the refusal', async () => (await talk.rig.privately(person)).length > 0)
      await sleep(300)
      expect(talk.rig.tasks.slice(before)).toEqual([])
    })
  }
}
