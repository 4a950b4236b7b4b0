// The whole story on each platform: mention → plan → wrong person → object changed → refused with a new plan → approved → healthy → undone.
import { userInfo } from 'node:os'
import { expect, it, vi } from 'vitest'
import { approvals } from '../../src/cli/approvals.ts'
import type { World } from '../../src/harbor/world.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { startFakeDiscord } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import { buttonOf, discordControlOf, discordEnv, launch, textOf } from './ship.ts'

interface Stage {
  world: World
  ask(text: string): Promise<void>
  /** all that was said, newest state of each message */
  shown(): string
  /** what somebody was told alone */
  whispered(): string
  /** presses that button of the newest card that has one; resolves whether there is one */
  press(who: 'asker' | 'approver', label: string): Promise<boolean>
  stop(): Promise<void>
}

async function onSlack(): Promise<Stage> {
  const ship = await launch({ twice: true })
  let root: ReturnType<typeof ship.slack.mention> | undefined
  const said = () => (root ? ship.thread(root) : [])
  return {
    world: ship.harbor.world,
    async ask(text) {
      ship.slack.addChannel({ id: 'CS', name: 'ops', members: ['U1', 'U2', ship.slack.world.botUser] })
      root = ship.slack.mention({ channel: 'CS', user: 'U1', text })
    },
    shown: () => textOf(said()),
    whispered: () => ship.slack.world.ephemerals.map((one) => one.text + JSON.stringify(one.blocks)).join(),
    async press(who, label) {
      const card = said().findLast((message) => buttonOf(message, label))
      if (card)
        ship.slack.press({ message: card, user: who === 'asker' ? 'U1' : 'U2', action: buttonOf(card, label) ?? '' })
      return card !== undefined
    },
    stop: () => ship.stop(),
  }
}

async function onDiscord(): Promise<Stage> {
  const [ASKER, APPROVER, ROLE] = ['300000000000000001', '300000000000000002', '400000000000000001']
  const discord = await startFakeDiscord({ twice: true })
  discord.addUser({ id: ASKER, username: 'mira' })
  discord.addUser({ id: APPROVER, username: 'jo', roles: [ROLE] })
  const ship = await launch({ env: { ...discordEnv(discord), APPROVERS: `discord-role:${ROLE}` } })
  let thread = ''
  return {
    world: ship.harbor.world,
    async ask(text) {
      thread = discord.mention({ channel: discord.addChannel({}).id, user: ASKER, text }).id
    },
    shown: () => discord.said(thread).map(showBody).join('\n'),
    whispered: () => discord.world.ephemerals.map(showBody).join(),
    async press(who, label) {
      const card = discord.said(thread).findLast((message) => discordControlOf(message, label))
      if (card)
        discord.press({
          message: card,
          user: who === 'asker' ? ASKER : APPROVER,
          control: discordControlOf(card, label) ?? '',
        })
      return card !== undefined
    },
    async stop() {
      await ship.stop()
      await discord.stop()
    },
  }
}

/** At the terminal one person sits; another one decides from a command line beside it. */
async function onTerminal(): Promise<Stage> {
  const me = userInfo().username
  const ship = await launch({ env: { APPROVERS: `terminal:${me}` } })
  for (const [name, value] of Object.entries({
    DATA_DIR: ship.dataDir,
    REDIS_URL: ship.redis.url,
    APPROVERS: `terminal:${me}`,
  }))
    vi.stubEnv(name, value)
  const number = (label: string) => [...ship.screen().matchAll(new RegExp(`/(\\d+) ${label}`, 'g'))].at(-1)?.[1]
  return {
    world: ship.harbor.world,
    ask: (text) => ship.terminal.type(text),
    shown: () => ship.screen(),
    whispered: () => ship.screen(),
    async press(who, label) {
      const at = number(label)
      if (at === undefined) return false
      if (who === 'asker' || label === 'Undo') {
        await ship.terminal.type(`/${at}`)
        return true
      }
      let listed = ''
      const io = (keep: (text: string) => unknown) => ({ out: keep, err: () => undefined }) as never
      await approvals(
        ['list', '--mine', '--output', 'json'],
        io((text) => (listed += text)),
      )
      const [open] = JSON.parse(listed || '[]') as { id: string }[]
      if (open)
        await approvals(
          ['approve', open.id],
          io(() => undefined),
        )
      return open !== undefined
    },
    async stop() {
      vi.unstubAllEnvs()
      await ship.stop()
    },
  }
}

it.each([
  ['Slack', onSlack],
  ['Discord', onDiscord],
  ['the terminal', onTerminal],
])(
  'on %s',
  async (_, open) => {
    const stage = await open()
    const until = (what: () => unknown) => expect.poll(what, { timeout: 30_000, interval: 50 })
    const web = (): KubeObject => stage.world.get('Deployment', 'shop', 'web')
    const replicas = () => web().spec.replicas
    const times = (what: RegExp) => [...stage.shown().matchAll(new RegExp(what, 'g'))].length
    try {
      await stage.ask('scale web to 5 in shop')
      await until(() => stage.press('asker', 'Approve')).toBe(true)
      await until(stage.whispered).toMatch(/not among the approvers/)
      expect(replicas()).toBe(3)
      // somebody else changes it before the right person has looked
      stage.world.modify('Deployment', 'shop', 'web', (draft) => {
        draft.spec.replicas = 2
      })
      await until(() => stage.press('approver', 'Approve')).toBe(true)
      await until(stage.shown).toMatch(/has been changed since it was planned/)
      expect(replicas()).toBe(2)
      // the same wish against the world as it is now
      await until(stage.shown).toMatch(/replicas: 2 → 5/)
      await until(() => stage.press('approver', 'Approve')).toBe(true)
      await until(stage.shown).toMatch(/Healthy after \d+ s: 5 of 5 replicas/)
      expect(replicas()).toBe(5)
      await until(() => stage.press('asker', 'Undo')).toBe(true)
      await until(stage.shown).toMatch(/replicas: 5 → 2/)
      await until(() => stage.press('approver', 'Approve')).toBe(true)
      await until(replicas).toBe(2)
      await until(() => times(/Healthy after/)).toBeGreaterThan(1)
    } finally {
      await stage.stop()
    }
  },
  120_000,
)
