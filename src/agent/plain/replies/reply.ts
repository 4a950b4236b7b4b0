// What every reply gets: the understood request and the place it is about. A reply returns an answer and never throws for what a person wrote.
import type { AnswerInput } from '../../../core/answer.ts'
import type { AgentContext } from '../../contract.ts'
import type { Place } from '../place.ts'
import type { Ask, Request } from '../request.ts'

export interface ReplyInput<K extends Ask['kind']> {
  ask: Extract<Ask, { kind: K }>
  request: Request
  place: Place
  context: AgentContext
}

export type Reply<K extends Ask['kind']> = (input: ReplyInput<K>) => Promise<AnswerInput>

/** "shop", "all namespaces of prod-eu". */
export function whereText(place: Place): string {
  return place.namespace ?? `all namespaces of ${place.cluster.name}`
}

/** What was named, or else the place: "checkout", "shop". */
export function whatText(place: Place): string {
  const names = [...new Set(place.objects.map(({ name }) => name))]
  return names.length > 0 ? `${names.slice(0, 3).join(', ')} in ${whereText(place)}` : whereText(place)
}

/** Cluster, namespace and gaps: the same in every answer. */
export function about(place: Place): Pick<AnswerInput, 'cluster' | 'namespace' | 'partial' | 'about'> {
  const [object] = place.objects
  return {
    cluster: place.cluster.name,
    ...(place.namespace ? { namespace: place.namespace } : {}),
    ...(object ? { about: object } : {}),
    partial: place.partial,
  }
}

/** Nothing was named that is here: what is missing, or else what to say instead. */
export function askedBack(place: Place, instead: string): AnswerInput {
  const [missing] = place.unknown
  return { ...about(place), tone: 'ask', text: missing ? `There is no ${missing} in ${whereText(place)}.` : instead }
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
