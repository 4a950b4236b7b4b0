// "what restarted today": restarts whose time is known to lie in the window, newest first.

import { type Container, containersOf } from '../../../diagnose/look/pods.ts'
import { durationText } from '../../../objects/age.ts'
import { table } from '../print.ts'
import { minutesBack } from '../since.ts'
import { podsOf } from './pods.ts'
import { about, plural, type Reply, whatText } from './reply.ts'

const SHOWN = 30

export const restartsReply: Reply<'restarts'> = async ({ ask, place, context }) => {
  const now = context.now()
  const from = now.getTime() - minutesBack(ask.sinceMinutes, now) * 60_000
  const pods = await podsOf(place, context.signal)
  const restarted = pods
    .flatMap(containersOf)
    .flatMap((container) => {
      const at = restartTime(container)
      return container.restarts > 0 && at !== undefined && at >= from ? [{ container, at }] : []
    })
    .sort((a, b) => b.at - a.at)
  const where = whatText(place)
  const names = new Set(
    restarted.map(({ container }) => `${container.pod.metadata.namespace}/${container.pod.metadata.name}`),
  )
  if (restarted.length === 0) {
    const text = `Nothing restarted ${ask.words} in ${where} (${plural(pods.length, 'pod')} looked at).`
    return { ...about(place), tone: 'ok', text }
  }
  const rows = restarted
    .slice(0, SHOWN)
    .map(({ container, at }) => [
      `${container.pod.metadata.namespace}/${container.pod.metadata.name}`,
      container.name,
      String(container.restarts),
      `${durationText(now.getTime() - at)} ago`,
      reasonOf(container),
    ])
  const text = `${plural(names.size, 'pod')} restarted ${ask.words} in ${where}${ask.sinceMinutes === -1 ? ' (UTC day)' : ''}:`
  const printed = table([['POD', 'CONTAINER', 'RESTARTS', 'LAST', 'WHY'], ...rows])
  return {
    ...about(place),
    text: `${text}\n${printed}`,
    blocks: [
      { kind: 'text', text },
      { kind: 'code', text: printed },
      ...(restarted.length > SHOWN
        ? [{ kind: 'note' as const, text: `${restarted.length - SHOWN} more are not shown` }]
        : []),
    ],
    offers: [
      {
        label: 'What is wrong?',
        intent: {
          kind: 'diagnose',
          cluster: place.cluster.name,
          ...(place.namespace ? { namespace: place.namespace } : {}),
        },
      },
    ],
  }
}

/** When the container last came back or died: the start of the run after a restart, else the end of the run before. */
function restartTime(container: Container): number | undefined {
  const times = [container.running?.startedAt, container.terminated?.finishedAt, container.last?.finishedAt].map(
    (time) => Date.parse(time ?? ''),
  )
  return times.find((time) => !Number.isNaN(time))
}

function reasonOf(container: Container): string {
  const end = container.last ?? container.terminated
  if (!end) return container.waiting?.reason ?? ''
  const code = end.signal ? `signal ${end.signal}` : `exit ${end.exitCode}`
  return end.reason && end.reason !== 'Error' ? `${end.reason} (${code})` : code
}
