// `ask`: one question, answered by the same agent that answers in chat; no Redis, no chat.
import { Answer } from '../core/answer.ts'
import { UsageError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { answerCard } from '../tasks/cards.ts'
import { chooseAgent } from './agent.ts'
import { openClusters } from './clusters.ts'
import type { Io } from './io.ts'
import { oneOf, readOptions, text, texts } from './options.ts'
import { renderCard } from './print.ts'

const USAGE = `Usage: firstmate ask "QUESTION" [--context C] [-n NS] [--from FILE…] [--output text|json]

  --context C     the cluster to ask about (a name of CLUSTERS, or a context)
  -n, --namespace NS
  --from FILE     answer from snapshot files instead of a cluster (files, folders, - for standard input)
  --now RFC3339   the instant that counts as now (with --from)
  --output json   {"answer","cluster","namespace","findings","evidence","partial","model"}
`

export async function ask(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(
    args,
    {
      context: { type: 'string' },
      namespace: { type: 'string', short: 'n' },
      from: { type: 'string', multiple: true },
      now: { type: 'string' },
      output: { type: 'string' },
    },
    USAGE,
    io,
    Number.POSITIVE_INFINITY,
  )
  if (!parsed) return 0
  const output = oneOf(text(parsed, 'output'), ['text', 'json'] as const, 'output', 'text')
  const from = texts(parsed, 'from')
  // `--from a b "question"`: the last free word is the question, the ones before it are further files
  const question = parsed.positionals.at(-1)
  if (!question?.trim()) throw new UsageError('ask needs a question, as in: ask "why is checkout failing" -n shop.')
  if (from.length === 0 && parsed.positionals.length > 1)
    throw new UsageError('ask takes one question: put it in quotation marks.')
  const files = from.length > 0 ? [...from, ...parsed.positionals.slice(0, -1)] : []
  const opened = await openClusters({
    context: text(parsed, 'context'),
    files,
    now: text(parsed, 'now'),
    stdin: io.stdin,
  })
  try {
    const agent = await chooseAgent(opened.config)
    const namespace = text(parsed, 'namespace')
    const answer = Answer.parse(
      await agent(question, {
        clusters: opened.clusters,
        subject: namespace ? { cluster: opened.clusters.default.name, namespace } : {},
        now: opened.now,
        signal: AbortSignal.timeout(300_000),
        progress: () => undefined,
      }),
    )
    io.out(
      redact(
        output === 'json'
          ? `${JSON.stringify(publicAnswer(answer), null, 2)}\n`
          : `${renderCard(answerCard(answer))}\n`,
      ),
    )
    return 0
  } finally {
    await opened.close()
  }
}

function publicAnswer(answer: Answer) {
  const { text: words, cluster = null, namespace = null, findings, evidence, partial, model, review } = answer
  return { answer: words, cluster, namespace, findings, evidence, partial, model, ...(review ? { review } : {}) }
}
