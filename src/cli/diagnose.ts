// `diagnose`: what is wrong, from a cluster or from snapshot files; exit 1 = not healthy. Loads no more than it needs.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, UsageError } from '../core/errors.ts'
import type { Diagnosis } from '../core/finding.ts'
import { redact } from '../core/redact.ts'
import { diagnose, otherNamespaces } from '../diagnose/index.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { type Io, screen } from './io.ts'
import { files, oneOf, readOptions, text } from './options.ts'

const USAGE = `Usage: firstmate diagnose [--context C] [-n NS] [--from FILE…] [--now RFC3339] [--output text|json] [--watch]

  --context C     the cluster to look at (a name of CLUSTERS, or a context)
  -n, --namespace NS
  --from FILE     snapshot files instead of a cluster (files, folders, - for standard input)
  --now RFC3339   the instant that counts as now (with --from; default: the newest time in the files)
  --output json   {"healthy","findings","partial"}
  --watch         look again every 10 s, and print when the diagnosis changes

Exit 0: nothing is wrong. Exit 1: something is.
`

const OPTIONS = {
  context: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  from: { type: 'string', multiple: true },
  now: { type: 'string' },
  output: { type: 'string' },
  watch: { type: 'boolean' },
} as const

const WATCH_MS = 10_000

interface Wanted {
  context: string | undefined
  namespace: string | undefined
  files: string[]
  now: Date | undefined
  json: boolean
}

/** `everyMs`: how often --watch looks. */
export async function diagnoseCommand(args: string[], io: Io, everyMs = WATCH_MS): Promise<number> {
  const parsed = readOptions(args, OPTIONS, USAGE, io, 'from')
  if (!parsed) return 0
  const from = files(parsed, 'from')
  const wanted: Wanted = {
    context: text(parsed, 'context'),
    namespace: text(parsed, 'namespace'),
    files: from,
    now: readNow(text(parsed, 'now'), from.length > 0),
    json: oneOf(text(parsed, 'output'), ['text', 'json'] as const, 'output', 'text') === 'json',
  }
  if (parsed.values.watch !== true) return report(await lookAt(wanted, io), wanted, io)
  if (wanted.files.includes('-'))
    throw new UsageError('--watch cannot look at standard input again; give it files or a cluster.')
  return watch(wanted, io, everyMs)
}

function readNow(now: string | undefined, files: boolean): Date | undefined {
  if (now === undefined) return undefined
  if (!files) throw new UsageError('--now goes with --from: a live cluster has its own time.')
  const at = new Date(now)
  if (Number.isNaN(at.getTime()))
    throw new UsageError(`--now is "${now}"; allowed is a time such as 2026-10-14T09:42:17Z.`)
  return at
}

interface Looked {
  cluster: string
  diagnosis: Diagnosis
}

async function lookAt(wanted: Wanted, io: Io): Promise<Looked> {
  const snapshot = wanted.files.length > 0 ? await fromFiles(wanted, io) : await fromCluster(wanted)
  const scope = wanted.namespace === undefined ? {} : { namespace: wanted.namespace }
  return { cluster: snapshot.cluster, diagnosis: redacted(diagnose(snapshot, scope)) }
}

async function fromFiles({ files, now }: Wanted, io: Io): Promise<Snapshot> {
  const [{ loadFiles }, { Snapshot }, { maskSecrets }] = await Promise.all([
    import('../objects/files.ts'),
    import('../objects/snapshot.ts'),
    import('../kube/secrets.ts'),
  ])
  const { objects, logs } = await loadFiles(files, io.stdin)
  return new Snapshot({ objects: maskSecrets(objects), logs, ...(now ? { now } : {}) })
}

/** One namespace and, in a second look, the others that its troubles point to. */
async function fromCluster({ context, namespace }: Wanted): Promise<Snapshot> {
  const [{ loadConfig }, { loadClusters }, { readSnapshot }, { kindsToRead }, { CHECKS }] = await Promise.all([
    import('../config.ts'),
    import('../kube/clusters.ts'),
    import('../kube/snapshot.ts'),
    import('../diagnose/reads.ts'),
    import('../diagnose/checks/index.ts'),
  ])
  const { default: cluster } = await loadClusters(loadConfig(), context ? { context } : {})
  const kinds = kindsToRead(CHECKS)
  const read = (namespaces: string[] | undefined) =>
    readSnapshot(cluster.reader, { kinds, logs: 'some', ...(namespaces ? { namespaces } : {}) })
  if (namespace === undefined) return read(undefined)
  const first = await read([namespace])
  const others = otherNamespaces(first)
  return others.length > 0 ? read([namespace, ...others]) : first
}

/** The redactor is the last to touch every text that leaves. */
function redacted(diagnosis: Diagnosis): Diagnosis {
  return mapTexts(diagnosis) as Diagnosis
}

function mapTexts(value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map(mapTexts)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item)]))
}

async function report({ cluster, diagnosis }: Looked, wanted: Wanted, io: Io): Promise<number> {
  if (wanted.json) {
    io.out(`${JSON.stringify(diagnosis)}\n`)
  } else {
    const { diagnosisText } = await import('../diagnose/text.ts')
    const scope = wanted.namespace === undefined ? undefined : `namespace ${wanted.namespace}`
    io.out(diagnosisText(diagnosis, { cluster, ...screen(), ...(scope ? { scope } : {}) }))
  }
  return diagnosis.healthy ? 0 : 1
}

/** Until it is interrupted. Ages in the words change all the time: what is compared is which findings there are. */
async function watch(wanted: Wanted, io: Io, everyMs: number): Promise<number> {
  let looked = await lookAt(wanted, io)
  let before: string | undefined
  for (;;) {
    const now = JSON.stringify(
      looked.diagnosis.findings.map(({ check, object, severity, root }) => [check, object, severity, root]),
    )
    if (now !== before) await report(looked, wanted, io)
    before = now
    looked = await lookAgain(wanted, io, everyMs)
  }
}

/** A cluster that does not answer for a while is no reason to stop watching it: it is said once. */
async function lookAgain(wanted: Wanted, io: Io, everyMs: number): Promise<Looked> {
  for (let said = false; ; said = true) {
    await sleep(everyMs)
    try {
      return await lookAt(wanted, io)
    } catch (error) {
      if (!said) io.err(`${messageOf(error)}\n`)
    }
  }
}
