// "what changed in shop today": what the newest revision of each workload changed, from the revisions that the cluster keeps.
import { refText } from '../../../core/ref.ts'
import { lastChange } from '../../../diagnose/look/revisions.ts'
import { topWorkloads } from '../../../diagnose/look/workloads.ts'
import { readSnapshot } from '../../../kube/snapshot.ts'
import { refOf } from '../../../objects/object.ts'
import { minutesBack } from '../since.ts'
import { about, plural, type Reply, whereText } from './reply.ts'

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ControllerRevision']
const SHOWN = 15
const DAY_MINUTES = 24 * 60

export const changesReply: Reply<'changes'> = async ({ ask, place, context }) => {
  const snapshot = await readSnapshot(place.cluster.reader, {
    ...(place.namespace ? { namespaces: [place.namespace] } : {}),
    kinds: KINDS,
    logs: 'none',
    signal: context.signal,
    now: context.now(),
  })
  const named = new Set(place.objects.map(({ name }) => name))
  // of something named, the last change whenever it was
  const minutes = ask.sinceMinutes ?? (named.size > 0 ? Number.POSITIVE_INFINITY : DAY_MINUTES)
  const withinMs = minutesBack(minutes, context.now()) * 60_000
  const found = topWorkloads(snapshot)
    .filter(({ metadata }) => named.size === 0 || named.has(metadata.name))
    .flatMap((workload) => {
      const change = lastChange(snapshot, workload)
      const ageMs = change && snapshot.ageMs(change.to.created)
      return change && ageMs !== undefined && ageMs <= withinMs ? [{ workload, change, ageMs }] : []
    })
    .sort((a, b) => a.ageMs - b.ageMs)
  const base = { ...about(place), partial: [...place.partial, ...snapshot.partial] }
  const what = named.size > 0 ? [...named].join(', ') : whereText(place)
  const when = ask.sinceMinutes === undefined && named.size > 0 ? '' : ` ${ask.words}`
  if (found.length === 0) return { ...base, text: `No rollout changed anything in ${what}${when}.` }
  const items = found.slice(0, SHOWN).map(({ workload, change }) => `${refText(refOf(workload))}: ${change.words}`)
  const text = `${plural(found.length, 'rollout')} in ${what}${when}, newest first:`
  return {
    ...base,
    ...(found[0] && found.length === 1 ? { about: refOf(found[0].workload) } : {}),
    text: `${text}\n${items.map((item) => `- ${item}`).join('\n')}`,
    blocks: [
      { kind: 'text', text },
      { kind: 'list', items },
      ...(found.length > SHOWN
        ? [{ kind: 'note' as const, text: `${found.length - SHOWN} older ones are not shown` }]
        : []),
    ],
  }
}
