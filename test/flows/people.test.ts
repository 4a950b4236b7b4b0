// Invariant 2 at the card, on both platforms: who decides is looked up at the moment of the click, whatever they were when the card was posted.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApprovals } from '../../src/safety/approvals.ts'
import { GUILD, startFakeDiscord } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import { buttonOf, discordControlOf, discordEnv, launch, type Ship } from './ship.ts'

async function states({ app }: Ship): Promise<string[]> {
  return (await createApprovals(app.store).list()).map(({ state }) => state)
}

async function refusedOf({ audited }: Ship, who: string): Promise<string[]> {
  const refused = (await audited('refused')).filter((record) => record.who === who)
  return refused.map(({ data }) => String(data.refused ?? data.why))
}

describe('on Slack', () => {
  let ship: Ship
  beforeAll(async () => {
    ship = await launch({
      env: { APPROVERS: 'slack:U2,slack:UGUEST,slack:UBOT,slack:UGONE,slack:UFAR,slack-group:S1' },
    })
    for (const user of [
      { id: 'UGUEST', name: 'guest', is_restricted: true },
      { id: 'UBOT', name: 'bot', is_bot: true },
      { id: 'UGONE', name: 'gone' },
      { id: 'UFAR', name: 'far', is_stranger: true, team_id: 'T9' },
      { id: 'UEX', name: 'ex' },
    ])
      ship.slack.addUser(user)
    ship.slack.world.groups.set('S1', new Set(['UEX']))
  }, 60_000)
  afterAll(() => ship.stop())

  it('nobody but a member who is an approver now', async () => {
    const { slack, until, thread } = ship
    const { root } = await ship.ask('scale catalog to 5 in shop', /Approve/)
    const card = await until('the card', () => thread(root).find((message) => buttonOf(message, 'Approve')))
    const approve = buttonOf(card, 'Approve') ?? ''
    // between the post and the click
    const gone = slack.world.users.get('UGONE')
    if (gone) gone.deleted = true
    slack.world.groups.get('S1')?.delete('UEX')
    for (const user of ['U1', 'UGUEST', 'UBOT', 'UGONE', 'UFAR', 'UEX']) {
      slack.press({ message: card, user, action: approve })
      await until(`the refusal of ${user}`, async () =>
        (await refusedOf(ship, `slack:${user}`)).includes('not-an-approver'),
      )
      expect(await states(ship), user).toEqual(['pending'])
    }
    // a guest may not even look closer, or ask
    slack.press({ message: card, user: 'UGUEST', action: buttonOf(card, 'Details') ?? '' })
    await until('the refusal of Details', async () =>
      (await refusedOf(ship, 'slack:UGUEST')).some((why) => /guest/.test(why)),
    )
    slack.world.groups.get('S1')?.add('UEX')
    slack.press({ message: card, user: 'UEX', action: approve })
    await until('done', async () => (await states(ship))[0] === 'done')
    expect(ship.harbor.world.get('Deployment', 'shop', 'catalog').spec.replicas).toBe(5)
    await until('the note', () => slack.world.ephemerals.some(({ user }) => user === 'U1'))
  }, 60_000)

  it('a question of a guest is refused in private, and on record', async () => {
    const { slack, until } = ship
    slack.addChannel({ id: 'CG', name: 'guests', members: ['UGUEST', slack.world.botUser] })
    const before = (await refusedOf(ship, 'slack:UGUEST')).length
    slack.mention({ channel: 'CG', user: 'UGUEST', text: 'scale catalog to 1 in shop' })
    await until('the refusal', async () => (await refusedOf(ship, 'slack:UGUEST')).length > before)
    expect((await states(ship)).length).toBe(1)
  }, 30_000)
})

describe('on Discord', () => {
  const [MIRA, JO, EX, BOT, NOBODY] = [1, 2, 3, 4, 5].map((n) => `30000000000000000${n}`) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const CAPTAINS = '400000000000000001'

  it('nobody but a member who has the role now', async () => {
    const discord = await startFakeDiscord()
    for (const [id, roles] of [
      [MIRA, []],
      [JO, [CAPTAINS]],
      [EX, [CAPTAINS]],
      [BOT, [CAPTAINS]],
      [NOBODY, []],
    ] as [string, string[]][])
      discord.addUser({ id, username: `u${id.at(-1)}`, roles, bot: id === BOT })
    const ship = await launch({ env: { ...discordEnv(discord), APPROVERS: `discord-role:${CAPTAINS}` } })
    try {
      const question = discord.mention({
        channel: discord.addChannel({}).id,
        user: MIRA,
        text: 'scale catalog to 5 in shop',
      })
      const card = await discord.until(
        'the card',
        () => discord.said(question.id).find((one) => discordControlOf(one, 'Approve')),
        30_000,
      )
      const control = discordControlOf(card, 'Approve') ?? ''
      // the role is called by its id, and nobody else
      expect(showBody(card)).toContain(CAPTAINS)
      const members = discord.world.guilds.get(GUILD)?.members
      const ex = members?.get(EX)
      if (ex) ex.roles = []
      // of a bot not even a click is heard
      discord.press({ message: card, user: BOT, control })
      for (const user of [MIRA, EX, NOBODY]) {
        discord.press({ message: card, user, control })
        await expect.poll(() => refusedOf(ship, `discord:${user}`), { timeout: 20_000 }).toContain('not-an-approver')
        expect(await states(ship), user).toEqual(['pending'])
      }
      discord.press({ message: card, user: JO, control })
      await expect.poll(() => states(ship), { timeout: 20_000 }).toEqual(['done'])
      expect(ship.harbor.world.get('Deployment', 'shop', 'catalog').spec.replicas).toBe(5)
    } finally {
      await ship.stop()
      await discord.stop()
    }
  }, 90_000)
})
