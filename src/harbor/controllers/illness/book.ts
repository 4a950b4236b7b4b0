// What a practice cluster remembers about health: the illnesses found in its snapshot and the signatures known to be well.
import type { World } from '../../world.ts'
import type { Course } from './course.ts'
import { createImageBook, type ImageBook } from './image.ts'
import type { Signature } from './signature.ts'

/** Why a container is ill, as far as the evidence tells: it decides which change heals. */
export type Cause =
  | { kind: 'image' }
  | { kind: 'pull-access' }
  | { kind: 'variables'; names: string[] }
  | { kind: 'config' }
  | { kind: 'memory'; limit: number }
  | { kind: 'command' }
  | { kind: 'probe'; probe: 'readiness' | 'liveness' }
  | { kind: 'services'; services: { namespace: string; name: string }[]; hosts: string[] }
  | { kind: 'network' }
  | { kind: 'permission'; user: string; verb: string; resource: string; group: string; namespace: string }
  | { kind: 'security' }
  | { kind: 'storage' }
  | { kind: 'unknown' }

export interface Illness {
  signature: Signature
  course: Course
  causes: Cause[]
  /** what the referenced ConfigMaps and Secrets held */
  config: string
  /** facts around the pod when it was found ill, one text per kind of cause */
  circumstances: ReadonlyMap<string, string>
}

/** Creating pods of a workload is refused for a reason that lies outside of what the practice cluster checks itself. */
export interface Refusal {
  namespace: string
  workload: string
  /** the spec of the refused pods */
  spec: string
  code: number
  reason: string
  message: string
  /** what has to change: labels of the namespace, webhook configurations */
  guards: string
}

export interface Book {
  refusals: Refusal[]
  illnesses: Illness[]
  /** workload/container and text of signatures that ran well, with how they ran */
  healthy: Map<string, Course>
  images: ImageBook
}

const books = new WeakMap<World, Book>()

export function bookOf(world: World): Book {
  const known = books.get(world)
  if (known) return known
  const book: Book = { refusals: [], illnesses: [], healthy: new Map(), images: createImageBook() }
  books.set(world, book)
  return book
}

export function healthKey(signature: Signature): string {
  return `${signature.workload}|${signature.text}`
}
