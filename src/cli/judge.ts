// `judge`: what policy says to a command and which requests it would become. Nothing is sent.
import { loadConfig } from '../config.ts'
import { UsageError } from '../core/errors.ts'
import { Level } from '../core/plan.ts'
import { protectionOf } from '../safety/protect.ts'
import type { Io } from './io.ts'
import { type Explained, type ExplainOptions, explain } from './judge-explain.ts'
import { stateOf } from './judge-state.ts'
import { oneOf, readOptions, text, texts } from './options.ts'

const USAGE = `Usage: firstmate judge [--level L0..L4] [--from FILE… | --context C] [--output json] -- "COMMAND"
       firstmate judge --jsonl [--level L0..L4] [--from FILE… | --context C]

Says what would happen to a kubectl or helm command: allow, ask or deny, its tier and risk, why, and the requests it would become.
Nothing is sent. Without --from or --context no state is read, and what depends on state counts as the worse.

  --level L     the autonomy level to judge at (default: AUTONOMY_LEVEL)
  --from FILE   snapshot files: files, folders, - for standard input
  --context C   a live cluster, by its name or its context in the kubeconfig; it is only read
  --jsonl       reads {"id","command"} lines from standard input and prints one answer line for each
  --output      text (default) or json
`

export async function judge(args: string[], io: Io): Promise<number> {
  const options = {
    level: { type: 'string' },
    from: { type: 'string', multiple: true },
    context: { type: 'string' },
    jsonl: { type: 'boolean' },
    output: { type: 'string' },
  } as const
  const parsed = readOptions(args, options, USAGE, io, Number.POSITIVE_INFINITY)
  if (!parsed) return 0
  const isJsonl = parsed.values.jsonl === true
  const output = oneOf(text(parsed, 'output'), ['text', 'json'], 'output', 'text')
  const { from, lines } = split(parsed.positionals, texts(parsed, 'from'), args, isJsonl)
  if (isJsonl && from.includes('-'))
    throw new UsageError('--jsonl reads its lines from standard input, so --from - cannot')
  const [line, ...more] = lines
  if (!isJsonl && (line === undefined || more.length > 0)) {
    throw new UsageError('judge takes one command, as one argument behind "--": firstmate judge -- "kubectl get pods"')
  }
  const config = loadConfig()
  const snapshot = await stateOf({ from, context: text(parsed, 'context'), line }, config, io)
  const explaining: ExplainOptions = {
    level: oneOf(text(parsed, 'level'), Level.options, 'level', config.AUTONOMY_LEVEL),
    protection: protectionOf(config),
    ...(snapshot ? { snapshot } : {}),
  }
  if (isJsonl) return judgeLines(io, explaining)
  const explained = await explain(line ?? '', explaining)
  io.out(output === 'json' ? `${JSON.stringify(explained, null, 2)}\n` : inWords(explained))
  return 0
}

/** `--from a b` gives the parser one value and positionals; only what stands behind `--` is surely the command. */
function split(
  positionals: string[],
  from: string[],
  args: string[],
  isJsonl: boolean,
): { from: string[]; lines: string[] } {
  const end = args.indexOf('--')
  if (isJsonl) return { from: [...from, ...positionals], lines: [] }
  if (end < 0) return { from, lines: positionals }
  const behind = args.slice(end + 1)
  return { from: [...from, ...positionals.slice(0, positionals.length - behind.length)], lines: behind }
}

const MAX_LINE = 1024 * 1024
const MAX_BATCH = 64 * 1024

async function judgeLines(io: Io, options: ExplainOptions): Promise<number> {
  let batch = ''
  for await (const line of linesOf(io.stdin)) {
    if (line.trim() === '') continue
    batch += `${JSON.stringify(await answer(line, options))}\n`
    if (batch.length < MAX_BATCH) continue
    io.out(batch)
    batch = ''
  }
  if (batch !== '') io.out(batch)
  return 0
}

async function answer(line: string, options: ExplainOptions): Promise<Record<string, unknown>> {
  const asked = readLine(line)
  const explained =
    typeof asked.command === 'string'
      ? await explain(asked.command, options)
      : refused('the line is no JSON object with "id" and "command"')
  return { id: asked.id ?? null, ...explained }
}

function readLine(line: string): { id?: unknown; command?: unknown } {
  if (line.length > MAX_LINE) return {}
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function refused(reason: string): Explained {
  return { verdict: 'deny', executable: false, tier: null, risk: 'CRITICAL', reasons: [reason], requests: [] }
}

/** Lines of a stream; of one that is longer than any question may be, only the beginning is kept. */
async function* linesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let pieces: string[] = []
  let length = 0
  for await (const chunk of stream) {
    const [first = '', ...more] = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split(
      '\n',
    )
    if (length <= MAX_LINE) pieces.push(first)
    length += first.length
    for (const next of more) {
      yield pieces.join('')
      pieces = [next]
      length = next.length
    }
  }
  if (length > 0) yield pieces.join('')
}

function inWords({ verdict, executable, tier, risk, reasons, requests }: Explained): string {
  const head = `${verdict}${tier === null ? '' : `, tier ${tier}`}, risk ${risk}${executable ? '' : ', not executable'}`
  const lines = [
    head,
    ...reasons.map((reason) => `  ${reason}`),
    ...requests.map(({ method, path }) => `  → ${method} ${path}`),
  ]
  return `${lines.join('\n')}\n`
}
