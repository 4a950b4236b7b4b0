// One answer out of several: a question that names two namespaces or two workloads is answered for each of them.
import { Answer, type AnswerInput, type Offer } from '../../core/answer.ts'
import { type Block, plainText, type Tone } from '../../core/card.ts'
import type { Finding } from '../../core/finding.ts'
import { refKey } from '../../core/ref.ts'
import type { Place } from './place.ts'
import { CLOSER, closerOffers } from './replies/closer.ts'

// the worst of them colours the whole
const TONES: readonly Tone[] = ['bad', 'warn', 'stop', 'ask', 'info', 'ok']
const MOST_BUTTONS = 5
const MOST_ACTIONS = 50

/** `given[n]` is about `places[n]`. */
export function together(places: readonly Place[], given: readonly AnswerInput[]): AnswerInput {
  const [only = { text: '' }] = given
  if (given.length < 2) return only
  const answers = given.map((one) => Answer.parse(one))
  const [first] = answers
  const names = places.map(nameOf)
  const namespaces = new Set(places.map(({ namespace }) => namespace))
  const findings = new Map(
    answers.flatMap((one) => one.findings).map((one) => [`${one.check} ${refKey(one.object)}`, one]),
  )
  const proposals = answers.flatMap(({ propose }) => propose ?? [])
  const [proposal] = proposals
  const isCause = ({ root, severity }: Answer['findings'][number]) => root && severity !== 'info'
  const causes = [...findings.values()].filter(isCause)
  const sick = names.filter((_, at) => answers[at]?.findings.some(isCause))
  const tone = TONES.find((one) => answers.some((answer) => answer.tone === one))
  return {
    ...(tone ? { tone } : {}),
    ...(first?.cluster ? { cluster: first.cluster } : {}),
    ...(causes.length > 1
      ? { title: `${causes.length} root causes in ${[...new Set(sick)].slice(0, 4).join(', ')}` }
      : {}),
    ...(namespaces.size === 1 && first?.namespace ? { namespace: first.namespace } : {}),
    ...(first?.about ? { about: first.about } : {}),
    text: answers.map(({ text }, at) => (text.startsWith(names[at] ?? '') ? text : `${names[at]}: ${text}`)).join('\n'),
    blocks: answers.flatMap((answer, at) => blocksOf(names[at] ?? '', answer)),
    findings: [...findings.values()],
    evidence: answers.flatMap(({ evidence }) => evidence),
    partial: [...new Set(answers.flatMap(({ partial }) => partial))],
    attachments: answers.flatMap(({ attachments }) => attachments),
    offers: offersOf(answers, causes),
    // what was asked for in one sentence is one plan; when one of it cannot be, none of it is planned behind the person's back
    ...(proposal && proposals.length === answers.length
      ? { propose: { ...proposal, actions: proposals.flatMap(({ actions }) => actions).slice(0, MOST_ACTIONS) } }
      : {}),
  }
}

/** A button that two of the answers have says not which of them it is for: each cause is reached through one list instead. */
function offersOf(answers: readonly Answer[], causes: readonly Finding[]): Offer[] {
  const offers = answers.flatMap((one) => one.offers)
  const times = Map.groupBy(offers, ({ label }) => label)
  const clear = offers.filter(({ label, pick }) => pick === undefined && times.get(label)?.length === 1)
  const lists = offers.filter(({ pick }) => pick !== undefined && pick !== CLOSER)
  const closer = causes.length > 1 ? closerOffers(causes, answers[0]?.cluster) : []
  return [...clear.slice(0, MOST_BUTTONS), ...lists, ...closer]
}

function nameOf({ namespace, objects, cluster }: Place): string {
  const [object] = objects
  return [namespace ?? object?.namespace, object?.name].filter(Boolean).join('/') || cluster.name
}

/** What has causes to show shows them as its card does; the others say what they have to say. */
function blocksOf(name: string, { blocks, text, findings, title }: Answer): Block[] {
  if (!blocks && findings.some(({ root, severity }) => root && severity !== 'info')) return []
  const head: Block = { kind: 'text', text: [{ bold: title ? `${name}: ${plainText(title)}` : name }] }
  return [head, ...(blocks ?? [{ kind: 'text' as const, text }])]
}
