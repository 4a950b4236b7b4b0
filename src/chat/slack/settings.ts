// The settings of Slack that only its adapter knows. What several rooms need (tokens, channels) stands in config.ts.
import { z } from 'zod'
import { SettingsError } from '../../core/errors.ts'

export const SlackSettings = z.object({
  /** auto: answers that are still being written are streamed where the workspace allows it; off: they are edited */
  SLACK_STREAMING: z.enum(['auto', 'off'], 'takes auto or off').default('auto'),
})
export type SlackSettings = z.infer<typeof SlackSettings>

export function slackSettings(env: Record<string, string | undefined> = process.env): SlackSettings {
  const result = SlackSettings.safeParse({ SLACK_STREAMING: env.SLACK_STREAMING?.trim() || undefined })
  if (result.success) return result.data
  throw new SettingsError(result.error.issues.map(({ path, message }) => `${String(path[0])} ${message}.`).join('\n'))
}
