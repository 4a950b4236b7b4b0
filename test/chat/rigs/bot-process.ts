// A bot in a process of its own, to be killed, or to share budgets with another: node bot-process.ts REDIS_URL PREFIX slack|discord API_URL.
// Answers each question with "answer to …"; told `silent` or `speak`, it stops and starts delivering.
import { createDiscord } from '../../../src/chat/discord/adapter.ts'
import { createSlack } from '../../../src/chat/slack/adapter.ts'
import { loadConfig } from '../../../src/config.ts'
import { textCard } from '../../../src/core/card.ts'
import { silentLogger } from '../../../src/log.ts'
import { connectStore } from '../../../src/store/redis.ts'
import { GUILD } from '../../fakes/discord/discord.ts'
import { startBot } from './bot.ts'

const [url = '', prefix = '', platform = '', api = ''] = process.argv.slice(2)
const env: Record<string, string> =
  platform === 'slack'
    ? { SLACK_BOT_TOKEN: 'xoxb-fake-bot-token', SLACK_APP_TOKEN: 'xapp-1-fake-app-token', SLACK_API_URL: api }
    : { DISCORD_BOT_TOKEN: 'ZmFrZQ.fake.discord-bot-token', DISCORD_API_URL: api, DISCORD_GUILDS: GUILD }
const config = loadConfig(env, false)
const create = platform === 'slack' ? createSlack : createDiscord
const store = await connectStore({ url, prefix, dataDir: '/nonexistent', log: silentLogger })
const bot = await startBot(store, (parts) => create({ ...parts, config }), {
  onTask: async (task, outbox) => {
    if (task.kind !== 'answer') return
    const card = textCard(`answer to ${task.text}`)
    await outbox.put({ kind: 'post', key: task.id, thread: task.thread, card, attachments: [], root: false })
  },
})
process.on('message', (order) => {
  const done = order === 'silent' ? bot.delivery.stop() : bot.delivery.start()
  void done.then(() => process.send?.(order))
})
process.send?.('ready')
