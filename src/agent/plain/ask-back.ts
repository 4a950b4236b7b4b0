// Questions back, asked by code: what is not there, what may have been meant, and which of several.
import type { AnswerInput } from '../../core/answer.ts'
import { nearest } from '../../diagnose/look/names.ts'
import type { Cluster } from '../../kube/clusters.ts'
import type { Names } from './names.ts'
import type { Mention, Request } from './request.ts'

export function whichCluster(request: Request, known: string[]): AnswerInput {
  return {
    tone: 'ask',
    text: `Which cluster: ${known.join(', ')}?`,
    offers: known.map((name) => ({
      label: name,
      pick: 'Pick a cluster',
      intent: { kind: 'ask', cluster: name, question: request.text },
    })),
  }
}

export function noSuchCluster(request: Request, name: string, known: string[]): AnswerInput {
  return didYouMean(request, `There is no cluster ${name}`, name, nearest(name, known), known)
}

/** "There is no checkout in shop; there is one in payments." Undefined when the word was probably no name at all. */
export async function explainMissing(
  request: Request,
  cluster: Cluster,
  names: Names,
  spaces: { namespaces: readonly string[]; known: string[] | undefined },
  mention: Mention,
): Promise<AnswerInput | undefined> {
  const what = `${mention.kind ? `${mention.kind.kind} ` : ''}${mention.name}`
  const [namespace] = spaces.namespaces
  const where = spaces.namespaces.join(' or ') || cluster.name
  if (namespace) {
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
            question: replaceWord(request.text, namespace, place),
          },
        })),
      }
    }
  }
  const near = await names.near(mention.name, namespace, mention.kind)
  const mayBeSpace = mention.place || (request.ask.kind === 'diagnose' && request.ask.onlyIfNamed)
  const nearSpace = mayBeSpace && spaces.known ? nearest(mention.name, spaces.known) : undefined
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

export function didYouMean(
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

export function whichOne(request: Request, cluster: Cluster, mention: Mention, places: string[]): AnswerInput {
  return {
    tone: 'ask',
    text: `There is a ${mention.name} in ${places.slice(0, 8).join(', ')}. Which one?`,
    cluster: cluster.name,
    offers: places.map((place) => ({
      label: place.slice(0, 75),
      pick: 'Pick a namespace',
      intent: { kind: 'ask', cluster: cluster.name, namespace: place, question: `${request.text} -n ${place}` },
    })),
  }
}

/** Without a pattern made of foreign text. */
function replaceWord(text: string, word: string, by: string): string {
  const at = word ? text.toLowerCase().indexOf(word) : -1
  return at < 0 ? `${text} -n ${by}` : text.slice(0, at) + by + text.slice(at + word.length)
}
