// kubectl events: what happened, oldest first, of a namespace or about one object.
import { UsageError } from '../../core/errors.ts'
import type { KubeObject } from '../../objects/object.ts'
import { eventTime } from '../../objects/snapshot.ts'
import { quote } from '../names.ts'
import { flag, isSet, type ReadContext, values } from './command.ts'
import { printerFor } from './output.ts'
import { cell, columns, eventAge } from './print.ts'
import { builtinKind } from './resources.ts'

const MAX_EVENTS = 2000

export async function events(context: ReadContext): Promise<string> {
  const { command, reader, namespace, signal, now } = context
  const printer = printerFor(flag(command, 'output'), flag(command, 'template'))
  const fieldSelector = await aboutSelector(context, flag(command, 'for'))
  const { items } = await reader.list(builtinKind('Event'), { namespace, fieldSelector, limit: MAX_EVENTS, signal })
  const types = values(command, 'types')
  const wanted = items
    .filter(
      (event) => types.length === 0 || types.some((type) => type.toLowerCase() === String(event.type).toLowerCase()),
    )
    .sort((a, b) => eventTime(a) - eventTime(b))
  if (printer)
    return printer(
      wanted.map((object) => ({ object, kind: builtinKind('Event') })),
      false,
    )
  if (wanted.length === 0)
    return namespace === undefined ? 'No events found.' : `No events found in ${namespace} namespace.`
  const header = [...(namespace === undefined ? ['NAMESPACE'] : []), 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']
  const rows = wanted.map((event) => [
    ...(namespace === undefined ? [event.metadata.namespace ?? ''] : []),
    ...eventRow(event, now),
  ])
  return columns(isSet(command, 'no-headers') ? rows : [header, ...rows])
}

function eventRow(event: KubeObject, now: Date): string[] {
  const about = event.involvedObject ?? event.regarding
  const object = about?.kind ? `${about.kind}/${about.name}` : '<none>'
  return [
    eventAge(event, now),
    cell(event.type),
    cell(event.reason),
    cell(object),
    cell(String(event.message ?? event.note ?? '').trim()),
  ]
}

async function aboutSelector(context: ReadContext, about: string | undefined): Promise<string | undefined> {
  if (about === undefined) return undefined
  const [type = '', name, ...rest] = about.split('/')
  const kind = (await context.reader.kinds()).byName(type)
  if (!kind || !name || rest.length > 0 || !/^[\w.:-]+$/.test(name)) {
    throw new UsageError(
      `--for takes TYPE/NAME of something the cluster has, such as pod/web-1; ${quote(about)} is none.`,
    )
  }
  return `involvedObject.kind=${kind.kind},involvedObject.name=${name}`
}

/** The events about one object as lines of a description; says so when they may not be read. */
export async function eventLines(context: ReadContext, object: KubeObject): Promise<string[]> {
  const { reader, signal, now } = context
  const { kind, metadata } = object
  const byUid = metadata.uid && kind !== 'Node' ? `,involvedObject.uid=${metadata.uid}` : ''
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${metadata.name}${byUid}`
  // events about cluster-scoped objects are kept in the namespace default
  const namespace = metadata.namespace ?? undefined
  const found = await reader
    .list(builtinKind('Event'), { namespace, fieldSelector, limit: 200, signal })
    .catch((error: unknown) => error as Error)
  if (found instanceof Error) return [`Events: ${found.message}`]
  if (found.items.length === 0) return ['Events: <none>']
  const rows = found.items
    .sort((a, b) => eventTime(a) - eventTime(b))
    .map((event) => [
      cell(event.type),
      cell(event.reason),
      eventAge(event, now),
      cell(event.source?.component ?? event.reportingComponent ?? ''),
      cell(String(event.message ?? event.note ?? '').trim()),
    ])
  return [
    'Events:',
    ...columns([['Type', 'Reason', 'Age', 'From', 'Message'], ...rows])
      .split('\n')
      .map((line) => `  ${line}`),
  ]
}
