// One kubectl line, run for reading against an address.
import { clusterAt } from '../../../src/kube/clusters.ts'
import { parseCommand } from '../../../src/kube/kubectl/grammar.ts'
import { type RunOptions, runRead } from '../../../src/kube/kubectl/run.ts'

export const NOW = new Date('2026-10-14T10:00:00Z')

export async function runAt(url: string, line: string, options: RunOptions = {}): Promise<string> {
  const command = parseCommand(line)
  if (!command.ok) throw new Error(`refused: ${command.reason}`)
  const { text } = await runRead(command, clusterAt('prod', url), { defaultNamespace: 'shop', now: NOW, ...options })
  return text
}
