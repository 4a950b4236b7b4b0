// Finds by code what a question is about: which cluster, which namespace, which objects. What cannot be found is asked back, never guessed.
import type { AnswerInput } from '../../core/answer.ts'
import { type ObjectRef, refKey } from '../../core/ref.ts'
import { nearest } from '../../diagnose/look/names.ts'
import type { Cluster } from '../../kube/clusters.ts'
import type { AgentContext } from '../contract.ts'
import { type Names, namesOf } from './names.ts'
import { askedOnce } from './once.ts'
import type { Mention, Request } from './request.ts'

export interface Place {
  cluster: Cluster
  /** absent: the whole cluster */
  namespace?: string
  /** the objects that the question names, in its order */
  objects: ObjectRef[]
  /** names in the question that nothing bears */
  unknown: string[]
  partial: string[]
}

export type Found = { place: Place } | { ask: AnswerInput }

const IT = /\b(it|its|it's|that|this|them|they|there)\b/i

export async function findPlace(request: Request, context: AgentContext): Promise<Found> {
  const chosen = chooseCluster(request, context)
  if ('ask' in chosen) return chosen
  const { mentions } = chosen
  const cluster = askedOnce(chosen.cluster)
  const names = namesOf(cluster, context.signal)
  const spaces = await chooseNamespace(request, context, cluster, names, mentions)
  if ('ask' in spaces) return spaces
  const found = await findObjects(request, context, cluster, names, spaces)
  if ('ask' in found) return found
  const { objects, unknown } = found
  // an object's own namespace is the scope when none was said
  const namespace = spaces.namespace ?? (request.scope.everywhere ? undefined : objects[0]?.namespace)
  return { place: { cluster, ...(namespace ? { namespace } : {}), objects, unknown, partial: names.partial } }
}

function chooseCluster(
  request: Request,
  { clusters, subject }: AgentContext,
): { cluster: Cluster; mentions: Mention[] } | { ask: AnswerInput } {
  const known = clusters.list()
  const { scope } = request
  if (scope.cluster) {
    if (known.includes(scope.cluster)) return { cluster: clusters.get(scope.cluster), mentions: scope.mentions }
    // "the cluster shop" may be loose talk for something else; only an unknown name that stands alone is an error
    const near = nearest(scope.cluster, known)
    return { ask: didYouMean(request, `There is no cluster ${scope.cluster}`, scope.cluster, near, known) }
  }
  const named = scope.mentions.find((mention) => !mention.kind && !mention.namespace && known.includes(mention.name))
  if (named)
    return { cluster: clusters.get(named.name), mentions: scope.mentions.filter((mention) => mention !== named) }
  if (subject.cluster && known.includes(subject.cluster))
    return { cluster: clusters.get(subject.cluster), mentions: scope.mentions }
  if (known.length === 1) return { cluster: clusters.default, mentions: scope.mentions }
  return {
    ask: {
      tone: 'ask',
      text: `Which cluster: ${known.join(', ')}?`,
      offers: known
        .slice(0, 5)
        .map((name) => ({ label: name, intent: { kind: 'ask', cluster: name, question: request.text } })),
    },
  }
}

interface Spaces {
  namespace?: string
  known: string[] | undefined
  mentions: Mention[]
}

async function chooseNamespace(
  request: Request,
  context: AgentContext,
  cluster: Cluster,
  names: Names,
  mentions: Mention[],
): Promise<Spaces | { ask: AnswerInput }> {
  const { scope } = request
  // a command line carries its own scope
  if (request.ask.kind === 'kubectl')
    return {
      ...(context.subject.namespace ? { namespace: context.subject.namespace } : {}),
      known: undefined,
      mentions: [],
    }
  const known = await names.namespaces()
  if (scope.namespace) {
    if (!known || known.includes(scope.namespace)) return { namespace: scope.namespace, known, mentions }
    const near = nearest(scope.namespace, known)
    return {
      ask: didYouMean(
        request,
        `There is no namespace ${scope.namespace} in ${cluster.name}`,
        scope.namespace,
        near,
        known,
      ),
    }
  }
  const named = mentions.find((mention) => !mention.kind && !mention.namespace && known?.includes(mention.name))
  if (named) return { namespace: named.name, known, mentions: mentions.filter((mention) => mention !== named) }
  const slashed = mentions.find(
    (mention) => mention.namespace && (known === undefined || known.includes(mention.namespace)),
  )
  if (slashed?.namespace) return { namespace: slashed.namespace, known, mentions }
  if (!known) {
    // the list is not permitted: "in shop" is taken at its word
    const said = mentions.find((mention) => mention.place && !mention.kind)
    const namespace = said?.name ?? context.subject.namespace ?? cluster.namespace
    return { ...(namespace ? { namespace } : {}), known, mentions: mentions.filter((mention) => mention !== said) }
  }
  if (scope.everywhere) return { known, mentions }
  // nothing said: what the thread speaks of; a new name may lie elsewhere, `findObjects` looks there too
  const remembered = context.subject.namespace
  return { ...(remembered && known.includes(remembered) ? { namespace: remembered } : {}), known, mentions }
}

async function findObjects(
  request: Request,
  context: AgentContext,
  cluster: Cluster,
  names: Names,
  spaces: Spaces,
): Promise<{ objects: ObjectRef[]; unknown: string[] } | { ask: AnswerInput }> {
  const { subject } = context
  if (spaces.mentions.length === 0 && subject.object && IT.test(request.text) && !request.scope.everywhere) {
    const same =
      (subject.cluster ?? cluster.name) === cluster.name &&
      (!spaces.namespace || subject.object.namespace === spaces.namespace)
    if (same) return { objects: [subject.object], unknown: [] }
  }
  const objects: ObjectRef[] = []
  const missing: Mention[] = []
  for (const mention of spaces.mentions.slice(0, 6)) {
    const exact = await names.find(mention.name, spaces.namespace, mention.kind)
    // "the newsletter pod" is a pod of newsletter, whose own name nobody types
    const ofPods = exact.length === 0 && mention.kind?.kind === 'Pod'
    const here = ofPods ? await names.find(mention.name, spaces.namespace, undefined) : exact
    if (here.length > 0) {
      const places = [...new Set(here.map((ref) => ref.namespace ?? ''))]
      if (!spaces.namespace && places.length > 1 && !request.scope.everywhere)
        return { ask: whichOne(request, cluster, mention, places) }
      objects.push(...here)
    } else missing.push(mention)
  }
  if (objects.length > 0) return { objects: unique(objects), unknown: missing.map(({ name }) => name) }
  for (const mention of missing) {
    const ask = await explainMissing(request, cluster, names, spaces, mention)
    if (ask) return { ask }
  }
  return { objects, unknown: missing.map(({ name }) => name) }
}

/** "There is no checkout in shop; there is one in payments." Undefined when the word was probably no name at all. */
async function explainMissing(
  request: Request,
  cluster: Cluster,
  names: Names,
  spaces: Spaces,
  mention: Mention,
): Promise<AnswerInput | undefined> {
  const what = `${mention.kind ? `${mention.kind.kind} ` : ''}${mention.name}`
  const where = spaces.namespace ?? cluster.name
  if (spaces.namespace) {
    const elsewhere = await names.find(mention.name, undefined, mention.kind)
    const places = [...new Set(elsewhere.flatMap((ref) => (ref.namespace ? [ref.namespace] : [])))]
    if (places.length > 0) {
      const text = `There is no ${what} in ${where}; there is one in ${places.slice(0, 4).join(', ')}.`
      return {
        tone: 'ask',
        text,
        cluster: cluster.name,
        offers: places.slice(0, 3).map((place) => ({
          label: `Look in ${place}`.slice(0, 75),
          intent: {
            kind: 'ask',
            cluster: cluster.name,
            namespace: place,
            question: replaceWord(request.text, spaces.namespace ?? '', place),
          },
        })),
      }
    }
  }
  const near = await names.near(mention.name, spaces.namespace, mention.kind)
  const nearSpace = mention.place && spaces.known ? nearest(mention.name, spaces.known) : undefined
  const best = nearSpace ?? near?.name
  if (best) return didYouMean(request, `There is no ${what} in ${where}`, mention.name, best, [])
  if (mention.kind || mention.namespace || mention.place) {
    return {
      tone: 'ask',
      text: `There is no ${what} in ${where}, and nothing with a similar name.`,
      cluster: cluster.name,
    }
  }
  return undefined
}

function didYouMean(
  request: Request,
  sentence: string,
  wrong: string,
  near: string | undefined,
  known: string[],
): AnswerInput {
  if (near === undefined) {
    const list =
      known.length > 0
        ? ` There are: ${known.slice(0, 15).join(', ')}${known.length > 15 ? ` and ${known.length - 15} more` : ''}.`
        : ''
    return { tone: 'ask', text: `${sentence}.${list}` }
  }
  const question = replaceWord(request.text, wrong, near)
  return {
    tone: 'ask',
    text: `${sentence}. Did you mean ${near}?`,
    offers: [{ label: `Yes: ${near}`.slice(0, 75), intent: { kind: 'ask', cluster: '', question } }],
  }
}

function whichOne(request: Request, cluster: Cluster, mention: Mention, places: string[]): AnswerInput {
  return {
    tone: 'ask',
    text: `There is a ${mention.name} in ${places.slice(0, 8).join(', ')}. Which one?`,
    cluster: cluster.name,
    offers: places.slice(0, 5).map((place) => ({
      label: place.slice(0, 75),
      intent: { kind: 'ask', cluster: cluster.name, namespace: place, question: `${request.text} -n ${place}` },
    })),
  }
}

/** Without a pattern made of foreign text. */
function replaceWord(text: string, word: string, by: string): string {
  const at = word ? text.toLowerCase().indexOf(word) : -1
  return at < 0 ? `${text} -n ${by}` : text.slice(0, at) + by + text.slice(at + word.length)
}

function unique(refs: ObjectRef[]): ObjectRef[] {
  return [...new Map(refs.map((ref) => [refKey(ref), ref])).values()]
}
