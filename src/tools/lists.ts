// What the list tools share: parameters, the reading of one kind within the scope, and how objects become short rows.

import { z } from 'zod'
import { UsageError } from '../core/errors.ts'
import { ageText } from '../objects/age.ts'
import { kindOf } from '../objects/kinds.ts'
import type { KubeObject } from '../objects/object.ts'
import { matchesAll, parseSelector } from '../objects/selector.ts'
import { namespaceOf } from './scope.ts'
import type { ToolContext } from './tool.ts'

export const Namespace = z.string().max(63).optional().describe("default: the question's; or all")
const Name = z.string().max(253).optional().describe('exact, or its beginning with *')
const Labels = z.string().max(500).optional().describe('selector')

export const ListParameters = z.object({ namespace: Namespace, name: Name, labels: Labels })
export const ClusterParameters = z.object({ name: Name, labels: Labels })

export type ListArgs = { namespace?: string | undefined; name?: string | undefined; labels?: string | undefined }

const MOST = 500
/** what is read of one kind: for tools that choose among it themselves */
export const READ = 5000

/** Objects of a kind within the scope; at most `most`, the rest is said. */
export async function listKind(
  kind: string,
  args: ListArgs,
  { scope, signal }: ToolContext,
  most = MOST,
): Promise<{ items: KubeObject[]; notes: string[] }> {
  const served = kindOf(kind)
  if (!served) throw new UsageError(`there is no kind ${kind}.`)
  const namespace = served.namespaced ? namespaceOf(scope, args.namespace) : undefined
  if (args.labels) parseSelector(args.labels)
  const { items, cut } = await scope.cluster.reader.list(served, {
    ...(namespace ? { namespace } : {}),
    ...(args.labels ? { labelSelector: args.labels } : {}),
    limit: READ,
    signal,
  })
  const requirements = args.labels ? parseSelector(args.labels) : []
  const found = items.filter(
    ({ metadata }) => fits(metadata.name, args.name) && matchesAll(requirements, metadata.labels ?? {}),
  )
  const where = served.namespaced ? (namespace ? ` in ${namespace}` : ' in all namespaces') : ''
  const notes = found.length === 0 ? [`no ${served.plural}${args.name ? ` named ${args.name}` : ''}${where}`] : []
  if (cut || found.length > most)
    notes.push(`only the first ${Math.min(found.length, most)} of more ${served.plural}${where}`)
  return { items: found.slice(0, most), notes }
}

function fits(name: string, wanted: string | undefined): boolean {
  if (!wanted) return true
  return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
}

/** `{items, notes}` of rows: the result of every list tool. */
export function rowsOf<T extends z.ZodRawShape>(shape: T) {
  return z.object({ items: z.array(z.object(shape)), notes: z.array(z.string()) })
}

/** `3d4h`, as kubectl prints ages. */
export function ageOf(object: KubeObject, now: Date): string {
  return ageText(object.metadata.creationTimestamp, now)
}

/** `app=web,tier=front` */
export function mapText(map: Record<string, unknown> | undefined): string {
  return Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',')
}

export function conditionsText(object: KubeObject): string {
  const conditions = (object.status?.conditions ?? []) as {
    type?: string
    status?: string
    reason?: string
    message?: string
  }[]
  return conditions
    .map(
      ({ type, status, reason, message }) =>
        `${type}=${status}${reason ? ` (${reason}${message ? `: ${message.slice(0, 160)}` : ''})` : ''}`,
    )
    .join('; ')
}
