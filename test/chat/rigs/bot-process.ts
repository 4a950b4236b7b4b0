// A bot in a process of its own, to be killed: node bot-process.ts REDIS_URL PREFIX SLACK_API_URL. Answers each question with "answer to …".
import { createSlack } from '../../../src/chat/slack/adapter.ts'
import { loadConfig } from '../../../src/config.ts'
import { textCard } from '../../../src/core/card.ts'
import { silentLogger } from '../../../src/log.ts'
import { connectStore } from '../../../src/store/redis.ts'
import { startBot } from './bot.ts'

const [url = '', prefix = '', apiUrl = ''] = process.argv.slice(2)
const config = loadConfig(
  { SLACK_BOT_TOKEN: 'xoxb-fake-bot-token', SLACK_APP_TOKEN: 'xapp-1-fake-app-token', SLACK_API_URL: apiUrl },
  false,
)
const store = await connectStore({ url, prefix, dataDir: '/nonexistent', log: silentLogger })
await startBot(store, (parts) => createSlack({ ...parts, config }), {
  onTask: async (task, outbox) => {
    if (task.kind !== 'answer') return
    const card = textCard(`answer to ${task.text}`)
    await outbox.put({ kind: 'post', key: task.id, thread: task.thread, card, attachments: [], root: false })
  },
})
process.send?.('ready')
