// What programs print and how the kubelet names things: containers, images, back-offs.
import { createHash } from 'node:crypto'
import type { KubeObject } from '../../../objects/object.ts'
import { fullReference, repositoryOf } from '../illness/image.ts'

export function hex(text: string, length = 64): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}

export function containerId(pod: KubeObject, container: string, run: number): string {
  return `containerd://${hex(`${pod.metadata.uid}/${container}/${run}`)}`
}

export function imageId(image: string): string {
  return `${repositoryOf(image)}@sha256:${hex(fullReference(image))}`
}

/** 10000 → "10s", 300000 → "5m0s" */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds >= 60 ? `${Math.floor(seconds / 60)}m${seconds % 60}s` : `${seconds}s`
}

/** The delay in "back-off 5m0s restarting failed container…", in ms. */
export function backOffIn(message: string | undefined): number | undefined {
  const match = /^back-off (?:(\d{1,3})m)?(\d{1,3})s /.exec(message ?? '')
  return match ? (Number(match[1] ?? 0) * 60 + Number(match[2])) * 1000 : undefined
}

/** "name_namespace(uid)" */
export function podText({ metadata }: KubeObject): string {
  return `${metadata.name}_${metadata.namespace}(${metadata.uid})`
}

/** Plausible first lines of a program, by what its image is called. */
export function ordinaryLines(pod: KubeObject, container: KubeObject['spec'], init: boolean): string[] {
  const name = String(container.name)
  const first = `level=info msg="starting ${name}" pod=${pod.metadata.name}`
  if (init) return [first]
  const image = repositoryOf(String(container.image ?? ''))
  const program = image.slice(image.lastIndexOf('/') + 1)
  const port = container.ports?.[0]?.containerPort
  if (program === 'nginx') {
    return [
      '/docker-entrypoint.sh: Configuration complete; ready for start up',
      `[notice] 1#1: using the "epoll" event method`,
      '[notice] 1#1: start worker processes',
    ]
  }
  if (program === 'redis') return ['* Server initialized', '* Ready to accept connections tcp']
  if (program.startsWith('postgres')) {
    return ['LOG:  starting PostgreSQL', 'LOG:  database system is ready to accept connections']
  }
  const listening = port ? [`level=info msg="listening" addr=:${port}`] : []
  return [first, 'level=info msg="configuration loaded"', ...listening, 'level=info msg="ready"']
}

const STAMP = /\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z| UTC)?/

/** Lines of an earlier run as a new run prints them: the times in them moved so that the first is `startMs`. */
export function retimed(lines: readonly string[], startMs: number): string[] {
  const first = lines.map(stampOf).find((at) => at !== undefined)
  if (first === undefined) return [...lines]
  return lines.map((line) => {
    const at = stampOf(line)
    const match = STAMP.exec(line.slice(0, 60))
    if (at === undefined || !match) return line
    const moved = new Date(startMs + Math.max(0, Math.min(at - first, 600_000))).toISOString()
    const text = match[0]
    const fraction = /\.\d+/.exec(text)?.[0].length ?? 0
    const seconds = fraction > 0 ? moved.slice(0, 19 + Math.min(4, fraction)) : moved.slice(0, 19)
    const separated = text[10] === ' ' ? seconds.replace('T', ' ') : seconds
    const zone = text.endsWith('Z') ? 'Z' : text.endsWith(' UTC') ? ' UTC' : ''
    return line.slice(0, match.index) + separated + zone + line.slice(match.index + text.length)
  })
}

function stampOf(line: string): number | undefined {
  const match = STAMP.exec(line.slice(0, 60))
  if (!match) return undefined
  const text = match[0].replace(' UTC', 'Z').replace(' ', 'T')
  const at = Date.parse(text.endsWith('Z') ? text : `${text}Z`)
  return Number.isNaN(at) ? undefined : at
}
