// Slack's rate limits: per method and workspace over a minute, and one message a second per channel with short bursts.
// https://docs.slack.dev/apis/web-api/rate-limits

/** requests per minute */
const PER_MINUTE: Record<string, number> = {
  'chat.update': 50,
  'chat.delete': 50,
  'chat.postEphemeral': 100,
  'reactions.add': 50,
  'reactions.remove': 20,
  'conversations.history': 50,
  'conversations.replies': 50,
  'conversations.info': 50,
  'conversations.open': 50,
  'users.info': 100,
  'usergroups.users.list': 20,
  'usergroups.list': 20,
  'views.open': 100,
  'views.publish': 100,
  'files.getUploadURLExternal': 100,
  'files.completeUploadExternal': 100,
  'chat.startStream': 20,
  'chat.appendStream': 100,
  'chat.stopStream': 20,
}
const POST_BURST = 3

export interface Limits {
  /** seconds to wait; undefined when the request may pass, which counts it */
  check(method: string, channel: string | undefined, now?: number): number | undefined
}

export function createLimits(on: boolean): Limits {
  const calls = new Map<string, number[]>()
  const posts = new Map<string, { tokens: number; at: number }>()
  return {
    check(method, channel, now = Date.now()) {
      if (!on) return undefined
      if (method === 'chat.postMessage' && channel) {
        const bucket = posts.get(channel) ?? { tokens: POST_BURST, at: now }
        bucket.tokens = Math.min(POST_BURST, bucket.tokens + (now - bucket.at) / 1000)
        bucket.at = now
        posts.set(channel, bucket)
        if (bucket.tokens < 1) return Math.max(1, Math.ceil(1 - bucket.tokens))
        bucket.tokens -= 1
        return undefined
      }
      const most = Object.hasOwn(PER_MINUTE, method) ? PER_MINUTE[method]! : undefined
      if (most === undefined) return undefined
      const recent = (calls.get(method) ?? []).filter((at) => at > now - 60_000)
      calls.set(method, recent)
      if (recent.length >= most) return Math.max(1, Math.ceil((recent[0]! + 60_000 - now) / 1000))
      recent.push(now)
      return undefined
    },
  }
}
