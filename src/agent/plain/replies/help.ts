// What Firstmate can do, in a few lines a person can copy.
import type { AnswerInput } from '../../../core/answer.ts'

const EXAMPLES = [
  'what is wrong in shop · why is checkout failing · is everything fine?',
  'list pods in shop · which pods are not ready · how many deployments in shop',
  'logs of checkout · previous logs of checkout · events in shop',
  'what restarted today · what changed in the last hour · rollout history of checkout',
  'what is the memory limit of checkout · what env, ports or image does it have · who owns it',
  'who uses most memory · how full are the nodes · what runs on worker-a · find wasted spend',
  'kubectl get pods -n shop -o wide (get, describe, logs, top, events, rollout, explain, auth can-i)',
  'restart cart · scale checkout to 5 · roll back checkout · kubectl set image … (a plan, run only when approved)',
]

export function helpAnswer(clusters: string[]): AnswerInput {
  const where = clusters.length > 1 ? ` Clusters: ${clusters.join(', ')}; name one with "in ${clusters[0]}".` : ''
  return {
    title: 'Ask me about the cluster in your own words',
    text: `You can ask:\n${EXAMPLES.map((line) => `- ${line}`).join('\n')}\nName a namespace with "in shop"; in a thread I remember it.${where}`,
    blocks: [
      { kind: 'list', items: EXAMPLES },
      { kind: 'note', text: `Name a namespace with "in shop"; in a thread I remember it.${where}` },
    ],
  }
}

export function thanksAnswer(): AnswerInput {
  return { tone: 'ok', text: 'You are welcome.', blocks: [{ kind: 'text', text: 'You are welcome.' }] }
}

const PASTED = {
  manifest:
    'That is a manifest. With "kubectl apply -f -" in the line above it, it becomes a plan that shows what would change and runs only when approved.',
  log: 'That is what a program wrote. Which workload is it from? Its checks say why, as in "why is checkout failing in shop".',
}

/** Nothing was asked: what can be done with it. */
export function pasteAnswer(of: keyof typeof PASTED, clusters: string[]): AnswerInput {
  const [cluster = ''] = clusters.length === 1 ? clusters : []
  const wrong = { label: 'what is wrong', intent: { kind: 'ask' as const, cluster, question: 'what is wrong' } }
  return { tone: 'ask', text: PASTED[of], offers: of === 'log' ? [wrong] : [] }
}

/** There is no shell, on purpose: what can be done here instead. */
export function programAnswer(name: string): AnswerInput {
  return {
    tone: 'stop',
    text: `I start no programs, so I will not run ${name}: there is no shell here. I read the cluster by kubectl lines ("kubectl get pods -n shop") and plain questions; a change by kubectl or plain words becomes a plan that runs only when approved.`,
  }
}

/** Honest about what was not understood, with three things that work. */
export function unknownAnswer(question: string, clusters: string[]): AnswerInput {
  const three = ['what is wrong', 'which pods are not ready', 'help']
  const shown = question.length > 80 ? `${question.slice(0, 80)}…` : question
  return {
    tone: 'ask',
    text: `I do not understand "${shown}". I answer from checks and from what the cluster says, for example "what is wrong" or "which pods are not ready"; "help" shows the rest. To compare, explain or advise in free words I need a model (LLM_PROVIDER).`,
    offers: three.map((text) => ({
      label: text,
      intent: { kind: 'ask', cluster: clusters.length === 1 ? (clusters[0] ?? '') : '', question: text },
    })),
  }
}
