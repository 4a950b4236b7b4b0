// What a sentence is about, before any cluster is asked: what it says as namespace or cluster, and words that may name something.
import type { Kind } from '../../objects/kinds.ts'
import type { Mention, Scope } from './request.ts'
import { COMMON, mayBeName, spokenKinds } from './words.ts'

export const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

const EVERYWHERE =
  /\b(everywhere|all (the )?namespaces|every namespace|any namespace|across (all|the|every)|(whole|entire|complete) cluster|(in|on|of|across) (the|this|my|our) cluster|cluster[- ]?wide|everything('s| is)? (broken|down|on fire|failing|dead))(?![\w-])|(^|\s)(-a|--all-namespaces)(?=\s|$)/

/** what a name follows */
const LEADS = new Set(['of', 'for', 'from', 'restart', 'scale', 'describe', 'rollback', 'back'])

export const PLACE = new Set(['in', 'on', 'at', 'inside', 'within', 'from', 'under'])

export function parseScope(words: readonly string[], lower: string): Scope {
  const scope: Scope = { everywhere: EVERYWHERE.test(lower), mentions: [] }
  const taken = new Set<number>()
  words.forEach((word, at) => {
    const next = words[at + 1] ?? ''
    const flag = /^(?:-n|--namespace|--context|--cluster)(?:=(.+))?$/.exec(word)
    if (flag) {
      const value = flag[1] ?? next
      // "tail -n 20" counts lines
      if (NAME.test(value) && !/^\d+$/.test(value)) {
        if (word.startsWith('-n') || word.startsWith('--namespace')) scope.namespace = value
        else scope.cluster = value
      }
      taken.add(at)
      if (!flag[1]) taken.add(at + 1)
      return
    }
    if (['namespace', 'ns', 'cluster'].includes(word)) {
      const beforeIt = words[at - 1] ?? ''
      const name = usable(next) ? next : usable(beforeIt) && !taken.has(at - 1) ? beforeIt : undefined
      if (!name) return
      if (word === 'cluster') scope.cluster ??= name
      else scope.namespace ??= name
      taken.add(name === next ? at + 1 : at - 1)
    }
    const prefixed = /^(?:ns|namespace)\/(.+)$/.exec(word)
    if (prefixed?.[1] && NAME.test(prefixed[1])) {
      scope.namespace = prefixed[1]
      taken.add(at)
    }
  })
  words.forEach((word, at) => {
    if (taken.has(at)) return
    const mention = mentionAt(words, at)
    if (
      mention &&
      !scope.mentions.some(
        (known) => known.name === mention.name && known.kind === mention.kind && known.namespace === mention.namespace,
      )
    )
      scope.mentions.push(mention)
  })
  return scope
}

/** Whether a word can be a name although the sentence did not mark it as one. */
function usable(word: string): boolean {
  return NAME.test(word) && !COMMON.has(word) && spokenKinds(word).length === 0
}

function mentionAt(words: readonly string[], at: number): Mention | undefined {
  const word = words[at] ?? ''
  const before = words[at - 1] ?? ''
  const place = PLACE.has(before) || (before === 'the' && PLACE.has(words[at - 2] ?? ''))
  // "1/2" counts
  if (/^\d+\/\d+$/.test(word)) return undefined
  const [left = '', right, ...rest] = word.split('/')
  if (right !== undefined) {
    if (rest.length > 0 || !NAME.test(right)) return undefined
    const [kind] = spokenKinds(left)
    if (kind) return { name: right, kind, place }
    return NAME.test(left) ? { name: right, namespace: left, place } : undefined
  }
  // "network policy" is a kind, not two names
  if ([`${word} ${words[at + 1] ?? ''}`, `${before} ${word}`].some((pair) => spokenKinds(pair).length > 0))
    return undefined
  if (!NAME.test(word) || /^\d+(\.\d+)?([smhd]|[kmgt]i?b?)?$|^v?\d+(\.\d+)+/.test(word)) return undefined
  const [kind] = before && !PLACE.has(before) ? singularKind(before) : []
  // "deployment checkout", "pod web-0": the kind makes even an ordinary word a name, but "pods in", "service is" do not
  if (kind && !COMMON.has(word) && spokenKinds(word).length === 0) return { name: word, kind, place: false }
  // "in default", "deployment report", "logs of users": meant as a name only if something bears it
  if (place && before !== 'from' && mayBeName(word)) return { name: word, place, perhaps: true }
  const own = kind && !isAddOn(kind) ? kind : undefined
  if ((own || LEADS.has(before)) && mayBeName(word))
    return { name: word, ...(own ? { kind: own } : {}), place: false, perhaps: true }
  // workloads are called gateway or application; no pod is called pod
  if (NAME.test(word) && !COMMON.has(word) && singularKind(word).some(isAddOn))
    return { name: word, place: false, perhaps: true }
  if (!usable(word)) return undefined
  // "payments gateway" is a gateway of payments' own sooner than a kind beside Kubernetes' own
  const [after] = singularKind(words[at + 1] ?? '').filter((kind) => !isAddOn(kind))
  return after && after.kind !== 'Namespace' && !place ? { name: word, kind: after, place } : { name: word, place }
}

/** Of a group beside Kubernetes' own: its word is an English one first. */
function isAddOn({ apiVersion }: Kind): boolean {
  return apiVersion.includes('.') && !/^(\w+|rbac\.authorization|flowcontrol\.apiserver)\.k8s\.io\//.test(apiVersion)
}

/** Kinds named in the singular: "checkout service" speaks of one, "checkout pods" of what belongs to checkout. */
function singularKind(word: string): Kind[] {
  return spokenKinds(word).filter((kind) => word === kind.singular || kind.short.includes(word))
}

/** The kinds listed in a sentence, in order. */
export function kindsIn(words: readonly string[]): Kind[] {
  const kinds: Kind[] = []
  words.forEach((word, at) => {
    const pair = spokenKinds(`${word} ${words[at + 1] ?? ''}`)
    for (const kind of pair.length > 0 ? pair : spokenKinds(word)) if (!kinds.includes(kind)) kinds.push(kind)
  })
  return kinds
}
