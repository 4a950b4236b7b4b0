// Slack's libraries log through ours, at debug: what matters to an operator we say ourselves, once.
import { LogLevel, type Logger as SlackLogger } from '@slack/bolt'
import type { Logger } from '../../log.ts'

export function slackLogger(log: Logger): SlackLogger {
  const write = (...message: unknown[]) =>
    log.debug({ slack: message.map(String).join(' ').slice(0, 500) }, 'slack library')
  return {
    // their debug lines hold whole payloads
    debug: () => {},
    info: write,
    warn: write,
    error: write,
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  }
}
