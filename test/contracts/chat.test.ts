import { openDiscordRig } from '../chat/rigs/discord.ts'
import { openMailboxRig } from '../chat/rigs/mailbox.ts'
import { openSlackRig } from '../chat/rigs/slack.ts'
import { openTerminalRig } from '../chat/rigs/terminal.ts'
import { chatContract } from './chat.ts'

chatContract('the terminal', openTerminalRig, { ask: true, edits: true, files: true })
chatContract('the mailbox', openMailboxRig, { ask: false, edits: false, files: false })
chatContract('Slack in Socket Mode', () => openSlackRig('socket'), { ask: true, edits: true, files: true })
chatContract('Slack over HTTP', () => openSlackRig('http'), { ask: true, edits: true, files: true })
chatContract('Discord', () => openDiscordRig(), { ask: true, edits: true, files: true })
chatContract('Discord, with every event twice', () => openDiscordRig({ twice: true }), {
  ask: true,
  edits: true,
  files: true,
})
