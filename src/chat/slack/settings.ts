// The settings of Slack that only its adapter knows. What several rooms need (tokens, channels) stands in config.ts.
import { z } from 'zod'
import { environment, parseSettings } from '../../config.ts'

export const SlackSettings = z.object({
  /** auto: answers that are still being written are streamed where the workspace allows it; off: they are edited */
  SLACK_STREAMING: z.enum(['auto', 'off']).default('auto'),
})
export type SlackSettings = z.infer<typeof SlackSettings>

export function slackSettings(env?: Record<string, string | undefined>): SlackSettings {
  return parseSettings(SlackSettings, environment(env))
}
