// A whole Firstmate for stories about incidents: it serves Slack and Discord at once, and tells each of a cluster of its own.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { createDesk } from '../../src/incidents/desk.ts'
import type { Incident } from '../../src/incidents/incident.ts'
import type { IncidentSettings } from '../../src/incidents/settings.ts'
import type { LoadedFiles } from '../../src/objects/files.ts'
import { GUILD, startFakeDiscord } from '../fakes/discord/discord.ts'
import { temporaryFolder } from '../store/redis-server.ts'
import { type Board, discordBoard, PEOPLE, PLATFORMS, type Platform, slackBoard } from './boards.ts'
import { launch, type Ship, type ShipOptions } from './ship.ts'

/** minutes of a real incident as moments of a test */
export const QUICK: Partial<IncidentSettings> = {
  INCIDENT_CALM: 700,
  WATCHDOG_WAITING: 100,
  INCIDENT_EDIT_EVERY: 500,
  INCIDENT_LOOK_AGAIN: 1500,
  WATCHDOG_CHECKS_EVERY: 0,
}

/** A platform and the cluster that it hears of, which is called like it. */
export interface Side extends Board {
  harbor: Harbor
  incidents(): Promise<Incident[]>
  /** the newest that concerns a workload of that name */
  incidentOf(name: string): Promise<Incident | undefined>
}

export interface Scene {
  ship: Ship
  sides: Record<Platform, Side>
  stop(): Promise<void>
}

export interface SceneOptions extends Omit<ShipOptions, 'load' | 'names' | 'others'> {
  load: LoadedFiles
  /** both platforms hear of one cluster */
  shared?: boolean
  /** rules of routing before those that part the clusters */
  routing?: string[]
  /** what lies between Firstmate and the cluster of Discord: resolves the address that it is given */
  between?: (url: string) => Promise<string>
}

export async function begin({
  load,
  shared = false,
  routing = [],
  between = async (url) => url,
  env = {},
  ...options
}: SceneOptions): Promise<Scene> {
  const controllers = options.controllers ?? false
  const [second, discord] = await Promise.all([
    shared ? undefined : startHarbor({ load: structuredClone(load), controllers }),
    startFakeDiscord({ twice: true }),
  ])
  for (const [username, id] of Object.entries(PEOPLE.discord)) discord.addUser({ id, username })
  const channels = { slack: 'COPS', discord: discord.addChannel({ name: 'incidents' }).id }
  const policy = join(temporaryFolder(), 'policy.yaml')
  const rule = (platform: Platform) => `{clusters: [${platform}], channels: ["${platform}:${channels[platform]}"]}`
  const both = `{channels: [${PLATFORMS.map((platform) => `"${platform}:${channels[platform]}"`).join(', ')}]}`
  const rules = [...routing, ...(shared ? [both] : PLATFORMS.map(rule))]
  writeFileSync(policy, `routing:\n${rules.map((one) => `  - ${one}\n`).join('')}`)
  const ship = await launch({
    roles: ['bot', 'worker', 'executor', 'watcher'],
    twice: true,
    ...options,
    controllers,
    load,
    names: ['slack'],
    ...(second ? { others: { discord: await between(second.url) } } : {}),
    incidents: { ...QUICK, ...options.incidents },
    env: {
      DISCORD_BOT_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_GUILDS: GUILD,
      APPROVERS: PLATFORMS.map((platform) => `${platform}:${PEOPLE[platform].jo}`).join(),
      POLICY_FILE: policy,
      ...env,
    },
  })
  const desk = createDesk(ship.app.store)
  const side = (board: Board, harbor: Harbor): Side => {
    const incidents = () => desk.list({ cluster: harbor === ship.harbor ? 'slack' : 'discord' })
    return {
      ...board,
      harbor,
      incidents,
      incidentOf: async (name) => (await incidents()).find((one) => one.owners.some((owner) => owner.name === name)),
    }
  }
  return {
    ship,
    sides: {
      slack: side(slackBoard(ship.slack, channels.slack), ship.harbor),
      discord: side(discordBoard(discord, channels.discord), second ?? ship.harbor),
    },
    async stop() {
      await ship.stop()
      await Promise.all([second?.close(), discord.stop()])
    },
  }
}

/** Stories that hold on both platforms, told on both at the same time; one after the other. */
export function storiesIn(scene: () => Scene) {
  return (name: string, tell: (side: Side) => Promise<void>, ms = 60_000): void => {
    describe(name, () => {
      it.concurrent.each(PLATFORMS)('on %s', (platform) => tell(scene().sides[platform]), ms)
    })
  }
}
