// Every control that is no approval, pressed in Discord and followed to its end; and whom a card calls. The twin of slack.test.ts.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadFiles } from '../../src/objects/files.ts'
import { harbour, JO, MIRA } from '../chat/rigs/discord.ts'
import { type FakeDiscord, GUILD } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import type { FakeMessage } from '../fakes/discord/world.ts'
import { launch, type Ship, STORY } from './ship.ts'

const CAPTAINS = '400000000000000001'
const NAMES = ['app', 'proxy', 'metrics', 'tail', 'sync']
const SIDECARS = `
apiVersion: v1
kind: Namespace
metadata: { name: crew }
---
apiVersion: v1
kind: Pod
metadata: { name: crew, namespace: crew, uid: crew-1, creationTimestamp: '2026-01-01T00:00:00Z' }
spec:
  nodeName: worker-a
  containers: [${NAMES.map((name) => `{ name: ${name}, image: 'crew/${name}:1' }`).join(', ')}]
status: { phase: Running }
${NAMES.map(
  (name) => `---
apiVersion: firstmate.dev/v1alpha1
kind: PodLog
metadata: { namespace: crew, name: crew }
container: ${name}
previous: false
text: "hello from ${name}"
`,
).join('')}`

let ship: Ship
let discord: FakeDiscord
let thread: string

beforeAll(async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'fm-crew-')), 'crew.yaml')
  await writeFile(file, SIDECARS)
  discord = await harbour({ twice: true })
  discord.world.guilds.get(GUILD)!.members.get(JO)!.roles.push(CAPTAINS)
  ship = await launch({
    load: await loadFiles([STORY, file]),
    controllers: false,
    names: ['prod', 'staging', 'edge-1', 'edge-2'],
    env: {
      DISCORD_BOT_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_GUILDS: GUILD,
      APPROVERS: `discord-role:${CAPTAINS},discord:${JO}`,
    },
  })
  thread = await ask('why is checkout failing in shop? in prod', /DATABASE_URL/)
}, 60_000)
afterAll(async () => {
  await ship?.stop()
  await discord?.stop()
})

interface Part {
  label?: string
  placeholder?: string
  custom_id: string
  options?: { label: string; value: string }[]
}

const partsOf = (message: FakeMessage) =>
  message.components.flatMap((row) => (row as { components: Part[] }).components)
const shown = (place: string) => discord.said(place).map(showBody).join('\n')
const told = (user: string) =>
  discord.world.ephemerals
    .filter((one) => one.user === user)
    .map(showBody)
    .join('\n')

async function ask(text: string, expected: RegExp): Promise<string> {
  const { id } = discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text })
  await discord.until(`${text} → ${expected}`, () => expected.test(shown(id)), 30_000)
  return id
}

async function find(place: string, label: string): Promise<{ message: FakeMessage; part: Part }> {
  return discord.until(`a message with ${label}`, () => {
    for (const message of discord.said(place)) {
      const part = partsOf(message).find((one) => one.label === label || one.placeholder === label)
      if (part) return { message, part }
    }
    return undefined
  })
}

async function press(place: string, label: string, user = MIRA, choice?: string): Promise<void> {
  const { message, part } = await find(place, label)
  const value = part.options?.find((one) => one.label === choice)?.value
  discord.press({ message, user, control: part.custom_id, ...(value === undefined ? {} : { value }) })
}

const until = (expected: RegExp, place = thread) =>
  discord.until(String(expected), () => expected.test(shown(place)), 20_000)

it('Logs puts the logs of what was found into the thread', async () => {
  await press(thread, 'Logs')
  await until(/log of shop\/checkout[^"]*container/i)
})

it('Diagnose again looks again', async () => {
  const before = discord.said(thread).length
  await press(thread, 'Diagnose again')
  await discord.until('another answer', () => discord.said(thread).length > before, 20_000)
})

it('Ask more opens a form; what is typed stands in the thread with its answer, and calls nobody', async () => {
  const question = 'how many pods are not ready in @everyone shop?'
  await press(thread, 'Ask more')
  await discord.until('the form', () => discord.world.modals.some((one) => one.user === MIRA))
  discord.submit(MIRA, { question })
  await until(/mira asks: how many pods/)
  await until(/4 of \d+ pods in shop are not ready/)
  expect(discord.said(thread).flatMap((one) => one.notified)).toEqual([])
})

it('Useful is thanked for, to that person alone', async () => {
  await press(thread, 'Useful')
  await discord.until('the thanks', () => /Thank you/.test(told(MIRA)))
  expect(shown(thread)).not.toMatch(/Thank you/)
})

it('a cluster and a container are picked from lists', async () => {
  const which = await ask('how many pods are not ready in shop?', /Which cluster/)
  await press(which, 'Pick a cluster', MIRA, 'edge-1')
  await until(/4 of \d+ pods in shop are not ready/, which)
  const logs = await ask('logs of pod crew in crew in prod', /hello from app/)
  await press(logs, 'Pick a container', MIRA, 'tail')
  await until(/hello from tail/, logs)
})

it('one of several causes is picked from a list; its own answer has the buttons for it', async () => {
  const place = await ask('what is wrong in shop? in prod', /2 root causes in shop/)
  const { message, part } = await find(place, 'Look closer at …')
  expect(partsOf(message).some((one) => one.label === 'Logs')).toBe(false)
  await press(place, 'Look closer at …', MIRA, part.options?.[1]?.label)
  const closer = await find(place, 'Logs')
  expect(showBody(closer.message)).toContain('shop/recommender')
  expect(showBody(closer.message)).not.toContain('DATABASE_URL')
  await press(place, 'Logs')
  await until(/log of shop\/recommender/i, place)
})

it('a plan calls the role and the people who may decide and nobody else; it waits in the list of each of them', async () => {
  const plan = await ask('scale web to 4 in shop in prod', /Approve/)
  const { message } = await find(plan, 'Approve')
  expect(message.notified.toSorted()).toEqual([`&${CAPTAINS}`, JO].toSorted())
  // the buttons may come with the post, or with an edit of it
  const sent = discord.requests.find((one) => JSON.stringify(one.body ?? {}).includes('Approve'))
  expect((sent!.body as { allowed_mentions: unknown }).allowed_mentions).toEqual({
    parse: [],
    users: [JO],
    roles: [CAPTAINS],
  })
  discord.command({ channel: discord.addChannel({}).id, user: JO, text: 'approvals' })
  await discord.until('the list', () => /One plan waits for your decision/.test(told(JO)), 15_000)
  discord.command({ channel: discord.addChannel({}).id, user: MIRA, text: 'approvals' })
  await discord.until('nothing', () => /Nothing waits for your decision/.test(told(MIRA)), 15_000)
})
