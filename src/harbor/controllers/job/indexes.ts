// The indexes of an Indexed job: which pod has which, which are free, and how the status writes them.
import type { KubeObject } from '../../../objects/object.ts'

export const INDEX = 'batch.kubernetes.io/job-completion-index'

export function indexOf(pod: KubeObject): number {
  return Number(pod.metadata.annotations?.[INDEX] ?? -1)
}

export function freeIndexes(completions: number, active: KubeObject[], done: Set<number>): number[] {
  const taken = new Set([...done, ...active.map(indexOf)])
  const free: number[] = []
  for (let index = 0; index < completions && free.length < 500; index++) if (!taken.has(index)) free.push(index)
  return free
}

/** "0,2-4" */
export function indexesText(indexes: Set<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b)
  const ranges: [number, number][] = []
  for (const index of sorted) {
    const last = ranges.at(-1)
    if (last && last[1] === index - 1) last[1] = index
    else ranges.push([index, index])
  }
  return ranges
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from},${to}` : `${from}-${to}`))
    .join(',')
}

export function parseIndexes(text: string | undefined): number[] {
  return (text ?? '').split(',').flatMap((part) => {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part)
    if (!match) return []
    const from = Number(match[1])
    const to = Math.min(Number(match[2] ?? match[1]), from + 100_000)
    return Array.from({ length: to - from + 1 }, (_, offset) => from + offset)
  })
}
