// query_prometheus: PromQL at PROMETHEUS_URL. In a narrow scope only series of its namespaces come back.
import { z } from 'zod'
import { NotPermittedError, UnavailableError, UsageError } from '../core/errors.ts'
import { outside } from './scope.ts'
import { defineTool, type ToolContext, type ToolScope } from './tool.ts'

const MAX_BYTES = 4 * 1024 * 1024
const MAX_SERIES = 100
const POINTS = 30

const Response = z.object({
  status: z.string(),
  error: z.string().optional(),
  data: z.object({ resultType: z.string(), result: z.unknown() }).optional(),
})
const Series = z.object({
  metric: z.record(z.string(), z.string()),
  value: z.tuple([z.number(), z.string()]).optional(),
  values: z.array(z.tuple([z.number(), z.string()])).optional(),
})

export const queryPrometheus = defineTool({
  name: 'query_prometheus',
  description:
    'PromQL, now or over the last minutes. Keep the namespace label (by (namespace, pod)) so that series can be told apart.',
  effect: 'read',
  parameters: z.object({
    query: z.string().max(2000),
    minutes: z.number().int().min(1).max(10_080).optional().describe('a range up to now; absent: this instant'),
  }),
  result: z.object({
    items: z.array(z.object({ labels: z.string(), values: z.string() })),
    notes: z.array(z.string()),
  }),
  async run({ query, minutes }, context) {
    const { scope } = context
    checkQuery(query, scope)
    const now = context.now().getTime() / 1000
    const range: Record<string, string> =
      minutes === undefined
        ? { time: String(now) }
        : {
            start: String(now - minutes * 60),
            end: String(now),
            step: String(Math.max(15, Math.ceil((minutes * 60) / POINTS))),
          }
    const series = await ask(minutes === undefined ? 'query' : 'query_range', { query, ...range }, context)
    const inside = series.filter(({ metric }) => !scope.namespaces || scope.namespaces.has(metric.namespace ?? ''))
    const notes =
      inside.length < series.length
        ? [`${series.length - inside.length} series without a namespace of this question were left out`]
        : []
    if (inside.length > MAX_SERIES) notes.push(`only the first ${MAX_SERIES} of ${inside.length} series`)
    if (inside.length === 0) notes.push('no data')
    return {
      items: inside.slice(0, MAX_SERIES).map(({ metric, value, values }) => ({
        labels: Object.entries(metric)
          .map(([key, text]) => `${key}=${text}`)
          .join(','),
        values: value
          ? value[1]
          : (values ?? []).map(([at, text]) => `${new Date(at * 1000).toISOString().slice(11, 16)} ${text}`).join(' '),
      })),
      notes,
    }
  },
})

/** What could carry numbers of other namespaces under a name of ours is refused in a narrow scope. */
function checkQuery(query: string, scope: ToolScope): void {
  if (!scope.namespaces) return
  const mixing = /\b(label_replace|label_join|group_left|group_right|on|ignoring|scalar|vector)\s*\(/i.exec(query)
  if (mixing)
    throw new NotPermittedError(
      `not permitted: ${mixing[1]} mixes namespaces, and this question is about ${[...scope.namespaces].slice(0, 5).join(', ')}.`,
      'mix namespaces',
    )
  for (const [, sign, name = ''] of query.matchAll(/\bnamespace\s{0,4}(=~|!=|!~|=)\s{0,4}"([^"]{0,200})"/g)) {
    if (sign !== '=' || !scope.namespaces.has(name)) throw outside(scope, `namespace${sign}"${name.slice(0, 63)}"`)
  }
}

async function ask(
  path: string,
  form: Record<string, string>,
  { settings, signal }: ToolContext,
): Promise<z.infer<typeof Series>[]> {
  if (!settings.prometheus) throw new UsageError('there is no Prometheus here: PROMETHEUS_URL is not set.')
  const url = new URL(`${settings.prometheus.replace(/\/+$/, '')}/api/v1/${path}`)
  let body: string
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
    })
    body = await bounded(response)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof UsageError) throw error
    throw new UnavailableError('Prometheus cannot be reached at PROMETHEUS_URL.', { cause: error })
  }
  const answer = Response.safeParse(parseJson(body))
  if (!answer.success) throw new UnavailableError('Prometheus gave no answer that can be read.')
  if (answer.data.status !== 'success')
    throw new UsageError(`Prometheus refuses the query: ${(answer.data.error ?? 'no reason given').slice(0, 300)}.`)
  const { resultType, result } = answer.data.data ?? { resultType: '', result: [] }
  if (resultType === 'scalar' || resultType === 'string')
    return [{ metric: {}, value: z.tuple([z.number(), z.string()]).parse(result) }]
  const series = z.array(Series).safeParse(result)
  if (!series.success) throw new UnavailableError('Prometheus gave no answer that can be read.')
  return series.data
}

async function bounded(response: globalThis.Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_BYTES) throw new UsageError('Prometheus answered more than 4 MiB: narrow the query.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
