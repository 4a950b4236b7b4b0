// diagnose: all checks over a fresh snapshot of one namespace, or of the whole cluster.
import { z } from 'zod'
import { refText } from '../core/ref.ts'
import { CHECKS } from '../diagnose/checks/index.ts'
import { diagnose } from '../diagnose/index.ts'
import { kindsToRead } from '../diagnose/reads.ts'
import { readSnapshot } from '../kube/snapshot.ts'
import { Namespace } from './lists.ts'
import { namespaceOf } from './scope.ts'
import { defineTool } from './tool.ts'

export const diagnoseTool = defineTool({
  name: 'diagnose',
  description:
    'Runs every deterministic check on a namespace (or all) now: findings with cause, evidence and remedy. root=yes: nothing else explains it.',
  effect: 'read',
  parameters: z.object({ namespace: Namespace }),
  result: z.object({
    healthy: z.boolean(),
    items: z.array(
      z.object({
        check: z.string(),
        severity: z.string(),
        root: z.string(),
        object: z.string(),
        summary: z.string(),
        cause: z.string(),
        evidence: z.string(),
        remedy: z.string(),
      }),
    ),
    notes: z.array(z.string()),
  }),
  async run(args, { scope, signal, now }) {
    const namespace = namespaceOf(scope, args.namespace)
    const snapshot = await readSnapshot(scope.cluster.reader, {
      ...(namespace ? { namespaces: [namespace] } : {}),
      kinds: kindsToRead(CHECKS),
      logs: 'some',
      signal,
      now: now(),
    })
    const { healthy, findings, partial } = diagnose(snapshot, namespace ? { namespace } : {})
    return {
      healthy,
      items: findings.map((finding) => ({
        check: finding.check,
        severity: finding.severity,
        root: finding.root ? 'yes' : 'no',
        object: refText(finding.object),
        summary: finding.summary,
        cause: [finding.cause, finding.changed].filter(Boolean).join(' '),
        evidence: finding.evidence
          .slice(0, 3)
          .map(({ source, text }) => `${source}: ${text.slice(0, 200)}`)
          .join(' | '),
        remedy: finding.remedy,
      })),
      notes: partial.slice(0, 10),
    }
  },
})
