// "what image is checkout running": per workload and container, from the pods that really run.
import { containersOf } from '../../../diagnose/look/pods.ts'
import { table } from '../print.ts'
import { podsOf } from './pods.ts'
import { about, plural, type Reply, whereText } from './reply.ts'

export const imagesReply: Reply<'images'> = async ({ place, context }) => {
  const pods = await podsOf(place, context.signal)
  const counts = new Map<string, { namespace: string; image: string; container: string; pods: number }>()
  for (const container of pods.flatMap(containersOf)) {
    const namespace = container.pod.metadata.namespace ?? ''
    const key = `${namespace}/${container.name}/${container.image}`
    const known = counts.get(key)
    counts.set(key, { namespace, image: container.image, container: container.name, pods: (known?.pods ?? 0) + 1 })
  }
  const rows = [...counts.values()].sort(
    (a, b) => a.namespace.localeCompare(b.namespace) || a.container.localeCompare(b.container),
  )
  const what = place.objects[0] ? place.objects[0].name : whereText(place)
  if (rows.length === 0) return { ...about(place), text: `${what} runs no pods, so no image.` }
  const images = new Set(rows.map((row) => row.image))
  const text =
    images.size === 1
      ? `${what} runs ${[...images][0]} (${plural(pods.length, 'pod')}).`
      : `${what} runs ${images.size} images in ${plural(pods.length, 'pod')}:`
  const printed = table([
    ['NAMESPACE', 'CONTAINER', 'IMAGE', 'PODS'],
    ...rows.slice(0, 60).map((row) => [row.namespace, row.container, row.image, String(row.pods)]),
  ])
  return {
    ...about(place),
    text: `${text}\n${printed}`,
    blocks: [
      { kind: 'text', text },
      { kind: 'code', text: printed },
    ],
  }
}
