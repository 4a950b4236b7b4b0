// "which clusters do you know": their names, and whether they answer.
import { messageOf } from '../../../core/errors.ts'
import type { AgentContext } from '../../contract.ts'
import { table } from '../print.ts'

export async function clustersAnswer(context: AgentContext) {
  const rows = await Promise.all(
    context.clusters.list().map(async (name) => {
      try {
        const version = (await context.clusters
          .get(name)
          .reader.get('/version', { timeoutMs: 3000, signal: context.signal })) as { gitVersion?: string }
        return [name, version.gitVersion ?? 'unknown', 'answers']
      } catch (error) {
        return [name, '', messageOf(error)]
      }
    }),
  )
  const text = `I know ${rows.length === 1 ? 'one cluster' : `${rows.length} clusters`}: ${rows.map(([name]) => name).join(', ')}.`
  const printed = table([['CLUSTER', 'VERSION', 'STATE'], ...rows])
  return {
    text: `${text}\n${printed}`,
    blocks: [
      { kind: 'text' as const, text },
      { kind: 'code' as const, text: printed },
    ],
  }
}
