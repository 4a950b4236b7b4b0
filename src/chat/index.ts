// Every chat platform, in one list. A new one is a folder and a line here.
import { messageOf } from '../core/errors.ts'
import type { Adapter, AdapterContext, Member } from './contract.ts'

export const members: Member[] = [
  {
    name: 'slack',
    configured: (config) => config.SLACK_BOT_TOKEN !== undefined,
    create: async (context) => (await import('./slack/adapter.ts')).createSlack(context),
  },
  {
    name: 'discord',
    configured: (config) => config.DISCORD_BOT_TOKEN !== undefined,
    create: async (context) => (await import('./discord/adapter.ts')).createDiscord(context),
  },
  {
    // opened by the command `chat`, which owns the window: see terminal/adapter.ts
    name: 'terminal',
    configured: () => false,
    create: async (context) => {
      const { createTerminal } = await import('./terminal/adapter.ts')
      const { userInfo } = await import('node:os')
      return createTerminal(context, { input: process.stdin, output: process.stdout, user: userInfo().username })
    },
  },
]

/** The adapters of every platform that is configured. Rejects with the first SettingsError, naming the platform. */
export async function createAdapters(context: AdapterContext): Promise<Adapter[]> {
  const adapters: Adapter[] = []
  for (const member of members.filter((one) => one.configured(context.config))) {
    try {
      adapters.push(await member.create(context))
    } catch (error) {
      context.log.error({ platform: member.name, why: messageOf(error) }, 'a chat platform cannot be used')
      throw error
    }
  }
  return adapters
}
