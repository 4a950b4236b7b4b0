// From L2 on what a person asks for in their own words runs without being asked about, and so does the way back that they press.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buttonOf, launch, type Ship, textOf } from './ship.ts'

let ship: Ship
beforeAll(async () => {
  ship = await launch({ env: { AUTONOMY_LEVEL: 'L2' } })
}, 60_000)
afterAll(() => ship.stop())
const replicas = () => ship.harbor.world.get('Deployment', 'shop', 'catalog').spec?.replicas

it.each(['scale catalog to 5 in shop', 'scale catalog to 6', 'kubectl scale deployment/catalog --replicas=4 -n shop'])(
  '%s',
  async (words) => {
    const before = replicas()
    const { root } = await ship.ask(words, /policy L2|policy at L2/)
    await ship.until('it has run', () => replicas() === Number(/[456]/.exec(words)?.[0]))
    const card = await ship.until('Undo', () => ship.thread(root).find((message) => buttonOf(message, 'Undo')))
    ship.slack.press({ message: card, user: 'U1', action: buttonOf(card, 'Undo') ?? '' })
    await ship.until('it was taken back', () => replicas() === before)
    expect(textOf(ship.thread(root))).not.toMatch(/the model made this plan/)
  },
  60_000,
)
