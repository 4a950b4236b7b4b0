// `harbor`: the practice cluster alone, for kubectl and anything else that speaks the Kubernetes API.
import { writeFile } from 'node:fs/promises'
import { messageOf, UsageError } from '../core/errors.ts'
import { startHarbor } from '../harbor/index.ts'
import { loadFiles } from '../objects/files.ts'
import type { Io } from './io.ts'
import { files, readOptions, text } from './options.ts'
import { stopSignal } from './signals.ts'

const USAGE = `Usage: firstmate harbor [--load FILE…] [--port N] [--kubeconfig OUT]

Serves the practice cluster: it behaves as a Kubernetes 1.36 API server with controllers, scheduler and kubelets, and nothing in it is real.

  --load FILE       objects to start with (files, folders, - for standard input); their times are moved so that the newest is now
  --port N          default: a free one
  --kubeconfig OUT  also write a kubeconfig to this file
`

export async function harbor(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(
    args,
    { load: { type: 'string', multiple: true }, port: { type: 'string' }, kubeconfig: { type: 'string' } },
    USAGE,
    io,
    'load',
  )
  if (!parsed) return 0
  const port = readPort(text(parsed, 'port'))
  const paths = files(parsed, 'load')
  const load = paths.length > 0 ? await loadFiles(paths, io.stdin) : undefined
  const server = await startHarbor({ ...(load ? { load } : {}), port, name: 'practice' })
  try {
    const out = text(parsed, 'kubeconfig')
    if (out)
      await writeFile(out, server.kubeconfig(), { mode: 0o600 }).catch((error: unknown) => {
        throw new UsageError(`--kubeconfig cannot be written: ${messageOf(error)}.`)
      })
    io.out(`practice cluster at ${server.url}${out ? ` (kubeconfig in ${out})` : ''}\n`)
    await stopSignal()
    return 0
  } finally {
    await server.close()
  }
}

function readPort(value: string | undefined): number {
  if (value === undefined) return 0
  const port = Number(value)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`--port is "${value}"; allowed is a number from 0 to 65535.`)
  return port
}
