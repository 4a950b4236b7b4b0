// The incident that somebody means: by its id, or the beginning of it.
import { UsageError } from '../core/errors.ts'
import type { Desk } from './desk.ts'
import type { Incident } from './incident.ts'

const SHORTEST = 3

/** Throws a UsageError when there is none, or more than one. `list`: how the person sees what there is. */
export async function findIncident(desk: Desk, id: string, list: string): Promise<Incident> {
  const exact = await desk.read(id)
  if (exact) return exact
  const found = id.length < SHORTEST ? [] : (await desk.list({ limit: 1000 })).filter((one) => one.id.startsWith(id))
  const [first] = found
  if (found.length > 1) throw new UsageError(`"${id}" begins ${found.length} incidents; give more of the id.`)
  if (!first) throw new UsageError(`There is no incident "${id}": ${list} shows them.`)
  return first
}
