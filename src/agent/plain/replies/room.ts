// "how full are the nodes", "is there room for 10 more of checkout": requests against what the nodes can give, as the scheduler counts.
import { refText } from '../../../core/ref.ts'
import {
  amountText,
  freeOf,
  isCordoned,
  isNodeReady,
  type Room,
  requestsOf,
  roomOf,
} from '../../../diagnose/look/nodes.ts'
import { templateOf } from '../../../diagnose/look/workloads.ts'
import { readSnapshot } from '../../../kube/snapshot.ts'
import { table } from '../print.ts'
import { about, plural, type Reply } from './reply.ts'

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod']
const SHOWN = 40

export const roomReply: Reply<'room'> = async ({ ask, place, context }) => {
  const base = about(place)
  const snapshot = await readSnapshot(place.cluster.reader, {
    kinds: ['Node', 'Pod'],
    logs: 'none',
    signal: context.signal,
    now: context.now(),
  })
  const rooms = [...roomOf(snapshot).values()]
  const partial = [...place.partial, ...snapshot.partial]
  if (rooms.length === 0) return { ...base, partial, tone: 'ask', text: 'I cannot see the nodes, so I cannot tell.' }
  const open = rooms.filter(({ node }) => isNodeReady(node) && !isCordoned(node))
  const ref = place.objects.find(({ kind }) => WORKLOADS.includes(kind))
  const object = ref && (await place.cluster.reader.read(ref, { signal: context.signal }))
  const template = object && templateOf(object)
  const text =
    ref && template
      ? fitText(
          refText(ref),
          sum(open, new Map([...requestsOf({ ...object, spec: template.spec }), ['pods', 1]])),
          ask.more,
        )
      : `${plural(open.length, 'node')} of ${rooms.length} in ${place.cluster.name} take new pods; free by requests: ${[
          'cpu',
          'memory',
        ]
          .map(
            (name) =>
              `${amountText(
                name,
                open.reduce((all, room) => all + freeOf(room, name), 0),
              )} ${name}`,
          )
          .join(', ')}.`
  const printed = table([
    ['NODE', 'CPU REQUESTED', 'MEMORY REQUESTED', 'PODS', 'TAKES PODS'],
    ...rooms
      .slice(0, SHOWN)
      .map((room) => [
        room.node.metadata.name,
        share(room, 'cpu'),
        share(room, 'memory'),
        `${room.used.get('pods') ?? 0} of ${room.allocatable.get('pods') ?? '?'}`,
        isNodeReady(room.node) ? (isCordoned(room.node) ? 'no, cordoned' : 'yes') : 'no, not ready',
      ]),
  ])
  return {
    ...base,
    partial,
    text: `${text}\n${printed}`,
    blocks: [
      { kind: 'text', text },
      { kind: 'code', text: printed },
      {
        kind: 'note',
        text: 'By requests, as the scheduler counts; taints, affinity, quotas and volumes are not in this sum',
      },
    ],
  }
}

function share(room: Room, name: string): string {
  const all = room.allocatable.get(name) ?? 0
  const used = room.used.get(name) ?? 0
  return `${amountText(name, used)} of ${amountText(name, all)} (${all > 0 ? Math.round((used / all) * 100) : 0}%)`
}

/** How many pods of these requests fit, node by node. */
function sum(rooms: readonly Room[], requests: ReadonlyMap<string, number>): number {
  return rooms.reduce((all, room) => {
    const fits = [...requests].map(([name, amount]) =>
      amount > 0 ? Math.floor(freeOf(room, name) / amount) : Infinity,
    )
    return all + Math.max(0, Math.min(...fits))
  }, 0)
}

function fitText(name: string, fits: number, wanted: number | undefined): string {
  const more = `${plural(fits, 'more pod')} of ${name} ${fits === 1 ? 'fits' : 'fit'} on the nodes by requests`
  if (wanted === undefined) return `${more}.`
  return fits >= wanted ? `Yes: ${more}, ${wanted} are asked for.` : `No: ${more}, ${wanted} are asked for.`
}
