// "what is quarantined": the workloads that were taken to zero, with their count, reason and time as recorded on them.
import { quarantined } from '../../../actions/quarantine-record.ts'
import { refText } from '../../../core/ref.ts'
import { type Kind, kindOf } from '../../../objects/kinds.ts'
import { about, plural, type Reply, whereText } from './reply.ts'

const KINDS = ['Deployment', 'StatefulSet']

export const quarantinedReply: Reply<'quarantined'> = async ({ place, context }) => {
  const scope = place.namespace ? { namespace: place.namespace } : {}
  const lists = await Promise.all(
    KINDS.map((kind) => place.cluster.reader.list(kindOf(kind) as Kind, { ...scope, signal: context.signal })),
  )
  const found = quarantined(lists.flatMap(({ items }) => items))
  if (found.length === 0) return { ...about(place), tone: 'ok', text: `Nothing is quarantined in ${whereText(place)}.` }
  const items = found.map(
    ({ object, record }) =>
      `${refText(object)}: had ${plural(record.replicas, 'replica')}${record.at ? `, since ${record.at}` : ''}${record.reason ? `, because ${record.reason}` : ''}`,
  )
  const text = `${plural(found.length, 'workload')} quarantined in ${whereText(place)}:`
  return {
    ...about(place),
    text: `${text}\n${items.map((item) => `- ${item}`).join('\n')}`,
    blocks: [
      { kind: 'text', text },
      { kind: 'list', items },
      { kind: 'note', text: 'To take one back: "unquarantine NAME"' },
    ],
  }
}
