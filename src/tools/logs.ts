// get_pod_logs: the last lines of a container, now or of its run before; filtered by plain text, never by a pattern of the model's.
import { z } from 'zod'
import { checkName } from '../kube/names.ts'
import { Namespace } from './lists.ts'
import { oneNamespace } from './scope.ts'
import { defineTool } from './tool.ts'

const MAX_BYTES = 256 * 1024
/** lines in which a text is looked for */
const LOOKED_THROUGH = 1000

export const getPodLogs = defineTool({
  name: 'get_pod_logs',
  description:
    'Last log lines of a pod. previous=true: of the run before the last restart, which is where a crash is explained.',
  effect: 'read',
  parameters: z.object({
    namespace: Namespace,
    pod: z.string().max(253),
    container: z.string().max(63).optional(),
    previous: z.boolean().optional(),
    tail: z.number().int().min(1).max(1000).optional().describe('lines, default 100'),
    since_minutes: z.number().int().min(1).max(10_080).optional(),
    contains: z.string().max(200).optional().describe('only lines with this text'),
  }),
  result: z.object({ pod: z.string(), lines: z.string(), notes: z.array(z.string()) }),
  async run(args, { scope, signal }) {
    const namespace = oneNamespace(scope, args.namespace)
    const pod = checkName(args.pod, 'Pod')
    const { text, cut } = await scope.cluster.reader.logs({
      namespace,
      pod,
      container: args.container,
      previous: args.previous ?? false,
      tailLines: args.contains ? LOOKED_THROUGH : (args.tail ?? 100),
      ...(args.since_minutes ? { sinceSeconds: args.since_minutes * 60 } : {}),
      timestamps: true,
      limitBytes: MAX_BYTES,
      signal,
    })
    const wanted = args.contains?.toLowerCase()
    const all = text.split('\n').filter((line) => line !== '' && (!wanted || line.toLowerCase().includes(wanted)))
    const lines = all.slice(-(args.tail ?? 100))
    const notes = [
      lines.length === 0 ? (wanted ? `no such lines among the last ${LOOKED_THROUGH}` : 'no lines') : '',
      cut ? `cut at ${MAX_BYTES / 1024} KiB` : '',
    ].filter(Boolean)
    return {
      pod: `${namespace}/${pod}`,
      lines: lines.map((line) => (line.length > 600 ? `${line.slice(0, 600)}… (cut)` : line)).join('\n'),
      notes,
    }
  },
})
