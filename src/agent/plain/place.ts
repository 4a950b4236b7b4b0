// Finds by code what a question is about: which cluster, which namespaces, which objects. What cannot be found is asked back, never guessed.
import type { AnswerInput } from '../../core/answer.ts'
import { type ObjectRef, refKey } from '../../core/ref.ts'
import { nearest } from '../../diagnose/look/names.ts'
import type { Cluster } from '../../kube/clusters.ts'
import { kindOf } from '../../objects/kinds.ts'
import type { AgentContext } from '../contract.ts'
import { didYouMean, explainMissing, noSuchCluster, whichCluster, whichOne } from './ask-back.ts'
import { type Names, namesOf } from './names.ts'
import { askedOnce } from './once.ts'
import type { Ask, Mention, Request } from './request.ts'

/** One cluster and namespace, and what the question names there. */
export interface Place {
  cluster: Cluster
  /** absent: the whole cluster */
  namespace?: string
  /** the sentence itself says the namespace; else it is the thread's, or that of an object */
  said: boolean
  /** the objects that the question names, in its order */
  objects: ObjectRef[]
  /** names in the question that nothing bears */
  unknown: string[]
  /** nothing bears the name that was said; this one is nearly the same */
  guess?: Guess
  partial: string[]
}

export interface Guess {
  said: string
  meant: string
}

/** One place for each namespace that the question is about; never empty. */
export type Found = { places: [Place, ...Place[]] } | { ask: AnswerInput }

export interface FindOptions {
  /** a word that names nothing was just a word, unless it was said as a name: for sentences whose rest is not understood */
  loose?: boolean
}

const MOST_NAMESPACES = 8
const MOST_MENTIONS = 8
const IT = /\b(it|its|it's|this|them|they|that(?! (are|is|have|has|do|does|use|uses|need|needs|run|runs)\b))\b/i
const IT_GOES_ON =
  /\b(still|again|are you sure|since when|how long|fixed|solved|recovered)\b|^(and )?(why|what (should|can|do) (i|we) do( now)?)\W*$/i
const IT_IS_A_PLACE = /\b(this|that) (namespace|ns|cluster)\b/i
// what makes no sense without an object is about the one spoken of
const NEEDS_OBJECT = new Set<Ask['kind']>(['logs', 'describe', 'history', 'owner', 'change', 'spec'])

export async function findPlaces(request: Request, context: AgentContext, options: FindOptions = {}): Promise<Found> {
  const chosen = chooseCluster(request, context)
  if ('ask' in chosen) return chosen
  const cluster = askedOnce(chosen.cluster)
  const names = namesOf(cluster, context.signal)
  const chosenSpaces = await chooseNamespaces(request, context, cluster, names, chosen.mentions)
  if ('ask' in chosenSpaces) return chosenSpaces
  // "in trouble": where no namespace bears it, the word was just a word
  const mentions = chosenSpaces.mentions.filter(({ perhaps, place }) => !(perhaps && place))
  const spaces = { ...chosenSpaces, mentions }
  const it = objectSpokenOf(request, context, cluster, spaces)
  const named: ObjectsFound =
    it && mentions.length === 0
      ? { refs: [], unknown: [] }
      : await findObjects(request, cluster, names, spaces, options.loose === true)
  // "logs of users" is about users if there are such, and else about what was spoken of
  const fallback = it ? [it] : await sameElsewhere(request, context, names, spaces)
  const found: ObjectsFound =
    fallback.length > 0 && ('ask' in named || named.refs.length === 0) ? { refs: fallback, unknown: [] } : named
  if ('ask' in found) return found
  const { refs, unknown, guess } = found
  const place = (namespace: string | undefined, objects: ObjectRef[]): Place => ({
    cluster,
    ...(namespace ? { namespace } : {}),
    said: spaces.said && spaces.namespaces.length > 0,
    objects,
    unknown,
    ...(guess ? { guess } : {}),
    partial: names.partial,
  })
  // an object's own namespace is the scope when none was said
  const implied = request.scope.everywhere ? [] : refs.flatMap((ref) => ref.namespace ?? [])
  const wanted = [...new Set([...(spaces.said ? spaces.namespaces : []), ...implied])].slice(0, MOST_NAMESPACES)
  // a node belongs to no namespace: all of its pods are meant
  const clusterWide = refs.length > 0 && refs.every((ref) => ref.namespace === undefined)
  const [first = clusterWide ? undefined : spaces.namespaces[0], ...rest] = wanted
  const here = (namespace: string | undefined) =>
    refs.filter((ref) => wanted.length < 2 || ref.namespace === undefined || ref.namespace === namespace)
  return { places: [place(first, here(first)), ...rest.map((namespace) => place(namespace, here(namespace)))] }
}

function chooseCluster(
  request: Request,
  { clusters, subject }: AgentContext,
): { cluster: Cluster; mentions: Mention[] } | { ask: AnswerInput } {
  const known = clusters.list()
  const { scope } = request
  if (scope.cluster) {
    if (known.includes(scope.cluster)) return { cluster: clusters.get(scope.cluster), mentions: scope.mentions }
    return { ask: noSuchCluster(request, scope.cluster, known) }
  }
  const named = scope.mentions.find((mention) => !mention.kind && !mention.namespace && known.includes(mention.name))
  if (named)
    return { cluster: clusters.get(named.name), mentions: scope.mentions.filter((mention) => mention !== named) }
  if (subject.cluster && known.includes(subject.cluster))
    return { cluster: clusters.get(subject.cluster), mentions: scope.mentions }
  if (known.length === 1) return { cluster: clusters.default, mentions: scope.mentions }
  return { ask: whichCluster(request, known) }
}

interface Spaces {
  namespaces: string[]
  /** by the sentence itself; else they are those the thread speaks of, and a new name may lie elsewhere */
  said: boolean
  /** undefined: not permitted to list them */
  known: string[] | undefined
  mentions: Mention[]
}

async function chooseNamespaces(
  request: Request,
  { subject }: AgentContext,
  cluster: Cluster,
  names: Names,
  mentions: Mention[],
): Promise<Spaces | { ask: AnswerInput }> {
  const { scope } = request
  const remembered = (known: string[] | undefined): Spaces => ({
    namespaces: subject.namespace && (known?.includes(subject.namespace) ?? true) ? [subject.namespace] : [],
    said: false,
    known,
    mentions,
  })
  // a command line carries its own scope
  if (request.ask.kind === 'kubectl') return { ...remembered(undefined), mentions: [] }
  const known = await names.namespaces()
  if (scope.namespace && known && !known.includes(scope.namespace)) {
    const sentence = `There is no namespace ${scope.namespace} in ${cluster.name}`
    return { ask: didYouMean(request, sentence, scope.namespace, nearest(scope.namespace, known), known) }
  }
  const said = mentions.filter((mention) => !mention.kind && !mention.namespace && known?.includes(mention.name))
  const [main = scope.namespace] = [scope.namespace, said.find(({ place }) => place)?.name, said[0]?.name].filter(
    Boolean,
  )
  if (main) {
    // "is payments in shop well": what is an object there is meant as one
    const others: Mention[] = []
    for (const mention of said.filter(({ name }) => name !== main)) {
      if ((await names.find(mention.name, main, undefined)).length === 0) others.push(mention)
    }
    const spaces = new Set([main, ...others.map(({ name }) => name)])
    return {
      namespaces: [...spaces],
      said: true,
      known,
      mentions: mentions.filter((mention) => !(said.includes(mention) && spaces.has(mention.name))),
    }
  }
  const slashed = mentions.flatMap(({ namespace }) =>
    namespace && (known?.includes(namespace) ?? true) ? namespace : [],
  )
  if (slashed.length > 0) return { namespaces: [...new Set(slashed)], said: true, known, mentions }
  if (!known) {
    // the list is not permitted: "in shop" is taken at its word
    const word = mentions.find(({ name, place, kind, perhaps }) => place && !kind && (!perhaps || name === 'default'))
    const namespace = word?.name ?? subject.namespace ?? cluster.namespace
    const rest = mentions.filter((mention) => mention !== word)
    return { namespaces: namespace ? [namespace] : [], said: word !== undefined, known, mentions: rest }
  }
  return scope.everywhere ? { namespaces: [], said: true, known, mentions } : remembered(known)
}

/** The thread's "it", when the sentence names nothing else. */
function objectSpokenOf(
  { ask, scope, text }: Request,
  { subject }: AgentContext,
  cluster: Cluster,
  { mentions, namespaces }: Spaces,
): ObjectRef | undefined {
  const { object } = subject
  if (!object || mentions.some(({ perhaps }) => !perhaps) || scope.everywhere) return undefined
  const goesOn = ask.kind === 'diagnose' && IT_GOES_ON.test(text)
  const meant = NEEDS_OBJECT.has(ask.kind) || goesOn || (IT.test(text) && !IT_IS_A_PLACE.test(text))
  const same =
    (subject.cluster ?? cluster.name) === cluster.name &&
    (namespaces.length === 0 || object.namespace === undefined || namespaces.includes(object.namespace))
  return meant && same ? object : undefined
}

const THE_SAME =
  /^(?:and |what about |how about )*(?:(?:the )?(?:same|one|other one) )?(?:in|on) (?:the )?\S+(?: namespace)?\W*$/i

/** "and the one in staging?": what was spoken of, where the sentence says. */
async function sameElsewhere(
  { ask, text }: Request,
  { subject: { object } }: AgentContext,
  names: Names,
  { mentions, namespaces: [namespace], said }: Spaces,
): Promise<ObjectRef[]> {
  if (!object || !said || !namespace || mentions.length > 0 || ask.kind !== 'diagnose' || !THE_SAME.test(text))
    return []
  return names.find(object.name, namespace, kindOf(object.kind, object.apiVersion))
}

type ObjectsFound = { refs: ObjectRef[]; unknown: string[]; guess?: Guess } | { ask: AnswerInput }

async function findObjects(
  request: Request,
  cluster: Cluster,
  names: Names,
  spaces: Spaces,
  loose: boolean,
): Promise<ObjectsFound> {
  const refs: ObjectRef[] = []
  const missing: Mention[] = []
  for (const mention of spaces.mentions.slice(0, MOST_MENTIONS)) {
    const here = await findIn(mention, names, spaces)
    if (here.length === 0 && !mention.perhaps) missing.push(mention)
    const places = [...new Set(here.map((ref) => ref.namespace ?? ''))]
    const said = spaces.said && spaces.namespaces.length > 0
    if (places.length > 1 && !said && !request.scope.everywhere)
      return { ask: whichOne(request, cluster, mention, places) }
    refs.push(...here)
  }
  const unknown = missing.map(({ name }) => name)
  if (refs.length > 0) return { refs: [...new Map(refs.map((ref) => [refKey(ref), ref])).values()], unknown }
  // where to look comes before what for: "chekout in stagingg"
  const wrongSpace = missing.find(({ name, place, kind }) => place && !kind && nearest(name, spaces.known ?? []))
  const asked = wrongSpace && !loose ? await explainMissing(request, cluster, names, spaces, wrongSpace) : undefined
  if (asked) return { ask: asked }
  for (const mention of missing) {
    // "safe", "slower": only what was said as a name is missed
    if (loose && !mention.kind && !mention.namespace) continue
    const meant = request.ask.kind === 'diagnose' && !mention.place ? await almost(mention, names, spaces) : undefined
    if (meant) return { refs: [meant], unknown: [], guess: { said: mention.name, meant: meant.name } }
    const ask = await explainMissing(request, cluster, names, spaces, mention)
    if (ask) return { ask }
  }
  return { refs, unknown }
}

/** A look does no harm: what was nearly named is looked at at once, and the guess is said. */
async function almost(mention: Mention, names: Names, { namespaces }: Spaces): Promise<ObjectRef | undefined> {
  const [namespace] = namespaces
  // where it exists elsewhere, that is the better answer
  if (namespace && (await names.find(mention.name, undefined, mention.kind)).length > 0) return undefined
  return names.near(mention.name, namespace, mention.kind)
}

/** In the namespaces of the sentence; a name that the thread's namespace does not know may lie anywhere. */
async function findIn(mention: Mention, names: Names, { namespaces, said }: Spaces): Promise<ObjectRef[]> {
  const own = mention.namespace && namespaces.includes(mention.namespace) ? [mention.namespace] : namespaces
  const scopes: (string | undefined)[] = own.length > 0 ? own : [undefined]
  const found = (await Promise.all(scopes.map((namespace) => findOne(mention, names, namespace)))).flat()
  if (found.length > 0 || said || own.length === 0) return found
  return findOne(mention, names, undefined)
}

async function findOne({ name, kind }: Mention, names: Names, namespace: string | undefined): Promise<ObjectRef[]> {
  const exact = await names.find(name, namespace, kind)
  // "the newsletter pod" is a pod of newsletter, whose own name nobody types
  return exact.length === 0 && kind?.kind === 'Pod' ? names.find(name, namespace, undefined) : exact
}
