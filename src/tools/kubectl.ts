// run_kubectl: one kubectl line that only reads, by our own grammar and client. No kubectl and no shell is started.
import { z } from 'zod'
import { NotPermittedError, UsageError } from '../core/errors.ts'
import { parseCommand } from '../kube/kubectl/grammar.ts'
import { runRead } from '../kube/kubectl/run.ts'
import { judgeCommand } from '../safety/judge.ts'
import { namespaceOf, outside } from './scope.ts'
import { defineTool } from './tool.ts'

const MAX_BYTES = 256 * 1024

export const runKubectl = defineTool({
  name: 'run_kubectl',
  description:
    'One reading kubectl line: get, describe, logs, top, events, explain, rollout status|history, auth can-i, api-resources, version. No pipes.',
  effect: 'read',
  parameters: z.object({ command: z.string().max(1000) }),
  result: z.object({ output: z.string(), notes: z.array(z.string()) }),
  async run({ command: text }, { scope, now, signal }) {
    // Kopilot's skills write the line with or without the program
    const line = /^\s*(kubectl|helm)\b/.test(text) ? text.trim() : `kubectl ${text.trim()}`
    const { verdict, tier, reasons } = judgeCommand(line, { level: 'L1' })
    if (verdict === 'deny') throw new NotPermittedError(`not permitted: ${reasons[0]}.`, 'run this line')
    const command = parseCommand(line)
    if (!command.ok) throw new UsageError(`${command.reason}.`)
    if (tier !== 0 || command.program !== 'kubectl') {
      throw new NotPermittedError(
        `not permitted: this line would change something (${reasons[0]}); only reads run here.`,
        'run this line',
      )
    }
    if (scope.namespaces && (command.allNamespaces || command.flags.has('raw')))
      throw outside(scope, 'a look at all namespaces')
    const namespace = command.allNamespaces
      ? undefined
      : (namespaceOf(scope, command.namespace) ?? scope.cluster.namespace ?? 'default')
    const { text: output, truncated } = await runRead(command, scope.cluster, {
      ...(namespace ? { defaultNamespace: namespace } : {}),
      signal,
      maxBytes: MAX_BYTES,
      now: now(),
    })
    return { output: output || '(nothing)', notes: truncated ? [`cut at ${MAX_BYTES / 1024} KiB`] : [] }
  },
})
