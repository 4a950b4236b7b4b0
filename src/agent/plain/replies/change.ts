// "scale checkout to 5": a change said in plain words becomes one typed action to propose. Nothing is changed here.
import type { Action } from '../../../core/action.ts'
import type { AnswerInput } from '../../../core/answer.ts'
import { type ObjectRef, refText } from '../../../core/ref.ts'
import type { Place } from '../place.ts'
import type { Change } from '../request.ts'
import { about, type Reply, whereText } from './reply.ts'

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet']
const TAKES: Record<Change['verb'], string[]> = {
  scale: ['Deployment', 'StatefulSet', 'ReplicaSet'],
  restart: WORKLOADS,
  rollback: WORKLOADS,
  pause: ['Deployment'],
  resume: ['Deployment'],
  quarantine: ['Deployment', 'StatefulSet'],
  unquarantine: ['Deployment', 'StatefulSet'],
  'set-image': [...WORKLOADS, 'CronJob'],
  'set-resources': [...WORKLOADS, 'CronJob'],
  suspend: ['CronJob', 'Job'],
  unsuspend: ['CronJob', 'Job'],
  'delete-pod': ['Pod'],
  evict: ['Pod'],
  cordon: ['Node'],
  uncordon: ['Node'],
  drain: ['Node'],
}

const EXAMPLES: Record<string, string> = { Node: 'worker-a', Pod: 'web-0 in shop', CronJob: 'report in shop' }

export const changeReply: Reply<'change'> = async ({ ask, place, request }) => {
  const base = about(place)
  const { change } = ask
  const kinds = TAKES[change.verb]
  const target = place.objects.find((ref) => kinds.includes(ref.kind))
  const [pod] = place.objects
  if (!target && change.verb === 'restart' && pod?.kind === 'Pod') return replaced(pod, base)
  if (!target) return { ...base, tone: 'ask', text: noTarget(change, place, kinds) }
  if (!request.sure) return unconditional(actionOf(change, target, request.text), base)
  const [missing] = place.unknown
  if (missing)
    return {
      ...base,
      tone: 'ask',
      text: `${noTarget(change, { ...place, objects: [] }, kinds)} So nothing is planned: name what to ${change.verb.replace(/-/g, ' ')} again.`,
    }
  const action = actionOf(change, target, request.text)
  return {
    ...base,
    about: target,
    text: `${sentence(action)} on ${place.cluster.name}: this needs a plan and an approval.`,
    propose: { actions: [action], author: 'person', reason: request.text },
  }
}

/** Nothing restarts a pod: what is meant is a new one in its place. */
function replaced(pod: ObjectRef, base: ReturnType<typeof about>): AnswerInput {
  const action: Action = { verb: 'delete-pod', target: pod }
  return {
    ...base,
    tone: 'ask',
    text: `A pod is not restarted but replaced: ${refText(pod)} is deleted, and what owns it makes a new one. "restart" takes the whole Deployment, StatefulSet or DaemonSet.`,
    offers: [
      {
        label: 'Propose delete pod',
        intent: { kind: 'propose', cluster: base.cluster ?? '', action, reason: sentence(action) },
      },
    ],
  }
}

/** A condition that code cannot watch is never dropped in silence: the person chooses the plain change, or none. */
function unconditional(action: Action, base: ReturnType<typeof about>): AnswerInput {
  const what = sentence(action)
  return {
    ...base,
    tone: 'ask',
    text: `One plain change at a time, and now: I keep no conditions, times or second steps. What I read is: ${what}.`,
    offers: [
      {
        label: `Propose ${action.verb.replace(/-/g, ' ')}`,
        intent: { kind: 'propose', cluster: base.cluster ?? '', action, reason: what },
      },
    ],
  }
}

/** A change that the words alone do not say exactly enough. */
export function otherChangeAnswer(verb: string): AnswerInput {
  if (verb === 'scale')
    return { tone: 'ask', text: 'To how many replicas? Say the number, as in "scale checkout to 3".' }
  return {
    tone: 'ask',
    text: `I read only some changes from plain words: restart, scale, roll back, set memory or cpu to an amount, set image, pause, resume, suspend, quarantine, cordon, drain, delete pod. For "${verb}" write the kubectl line, as in "kubectl delete deployment cart -n shop": it becomes a plan that runs only when approved.`,
  }
}

function noTarget(change: Change, place: Place, kinds: string[]): string {
  const [other] = place.objects
  if (other) return `${refText(other)} cannot be the target of ${change.verb}: it takes a ${kinds.join(', ')}.`
  const missing = place.unknown[0]
  return missing
    ? `There is no ${kinds.join(' or ')} named ${missing} in ${whereText(place)}.`
    : `Which one? Name a ${kinds.join(', ')}, as in "${change.verb.replace(/-/g, ' ')} ${EXAMPLES[kinds[0] ?? ''] ?? 'checkout in shop'}".`
}

function actionOf(change: Change, target: ObjectRef, reason: string): Action {
  switch (change.verb) {
    case 'scale':
      return { verb: 'scale', target, replicas: change.replicas }
    case 'set-image':
      return {
        verb: 'set-image',
        target,
        image: change.image,
        ...(change.container ? { container: change.container } : {}),
      }
    case 'set-resources':
      return { verb: 'set-resources', target, [change.part]: { [change.resource]: change.amount } }
    case 'quarantine':
      return { verb: 'quarantine', target, reason }
    case 'rollback':
      return { verb: 'rollback', target, ...(change.toRevision ? { toRevision: change.toRevision } : {}) }
    case 'cordon':
    case 'uncordon':
    case 'drain':
      return { verb: change.verb, node: target.name }
    default:
      return { verb: change.verb, target }
  }
}

function resourcesText(amounts: Record<string, string> = {}, word: string): string {
  return Object.entries(amounts)
    .map(([resource, amount]) => `${resource} ${word} ${amount}`)
    .join(', ')
}

function sentence(action: Action): string {
  const words = action.verb.replace(/-/g, ' ')
  const name = 'target' in action ? refText(action.target) : 'node' in action ? `Node ${action.node}` : ''
  const more =
    action.verb === 'scale'
      ? ` to ${action.replicas} replicas`
      : action.verb === 'set-image'
        ? ` to ${action.image}`
        : action.verb === 'rollback' && action.toRevision
          ? ` to revision ${action.toRevision}`
          : action.verb === 'set-resources'
            ? `: ${resourcesText(action.limits, 'limit')}${resourcesText(action.requests, 'request')}`
            : ''
  return `${words[0]?.toUpperCase()}${words.slice(1)} ${name}${more}`
}
