// "describe checkout", "events in shop", "rollout history of checkout", "who owns checkout": one object or namespace, told as kubectl tells it.
import type { AnswerInput } from '../../../core/answer.ts'
import { type ObjectRef, refText } from '../../../core/ref.ts'
import { kindOf } from '../../../objects/kinds.ts'
import { controllerOf } from '../../../objects/object.ts'
import { ownLine } from './kubectl.ts'
import { about, askedBack, type Reply } from './reply.ts'

export const describeReply: Reply<'describe'> = async ({ place, context }) => {
  const [ref] = place.objects
  if (!ref) return askedBack(place, 'Describe what? Name an object, as in "describe deployment checkout in shop".')
  return ownLine(['describe', ...nameOf(ref)], place, context)
}

export const eventsReply: Reply<'events'> = async ({ ask, place, context }) => {
  const [ref] = place.objects
  const scope = place.namespace ? ['-n', place.namespace] : ['-A']
  const types = ask.warningsOnly ? ['--types=Warning'] : []
  const target = ref ? [`--for=${ref.kind.toLowerCase()}/${ref.name}`] : []
  const answer = await ownLine(['events', ...scope, ...types, ...target], place, context)
  return { ...answer, text: answer.text || 'There are no events.' }
}

export const historyReply: Reply<'history'> = async ({ place, context }) => {
  const ref = place.objects.find((object) => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(object.kind))
  if (!ref)
    return {
      ...about(place),
      tone: 'ask',
      text: 'History of what? Name a workload, as in "rollout history of checkout in shop".',
    }
  return ownLine(['rollout', 'history', ...nameOf(ref)], place, context)
}

export const ownerReply: Reply<'owner'> = async ({ place, context }): Promise<AnswerInput> => {
  const [ref] = place.objects
  if (!ref)
    return { ...about(place), tone: 'ask', text: 'Who owns what? Name an object, as in "who owns checkout in shop".' }
  const object = await place.cluster.reader.read(ref, { signal: context.signal })
  const labels = object.metadata.labels ?? {}
  const annotations = object.metadata.annotations ?? {}
  const owners = [
    annotations['meta.helm.sh/release-name']
      ? `Helm release ${annotations['meta.helm.sh/release-namespace'] ?? ''}/${annotations['meta.helm.sh/release-name']}`
      : undefined,
    annotations['argocd.argoproj.io/tracking-id']
      ? `Argo CD application ${annotations['argocd.argoproj.io/tracking-id'].split(':')[0]}`
      : undefined,
    labels['argocd.argoproj.io/instance'] ? `Argo CD application ${labels['argocd.argoproj.io/instance']}` : undefined,
    labels['kustomize.toolkit.fluxcd.io/name']
      ? `Flux Kustomization ${labels['kustomize.toolkit.fluxcd.io/namespace'] ?? ''}/${labels['kustomize.toolkit.fluxcd.io/name']}`
      : undefined,
    labels['helm.toolkit.fluxcd.io/name']
      ? `Flux HelmRelease ${labels['helm.toolkit.fluxcd.io/namespace'] ?? ''}/${labels['helm.toolkit.fluxcd.io/name']}`
      : undefined,
    controllerOf(object) ? `${controllerOf(object)?.kind} ${controllerOf(object)?.name}` : undefined,
    labels['app.kubernetes.io/managed-by'] && !annotations['meta.helm.sh/release-name']
      ? `managed by ${labels['app.kubernetes.io/managed-by']} (by its label)`
      : undefined,
    (labels.team ?? labels.owner) ? `team ${labels.team ?? labels.owner} (by its label)` : undefined,
  ].filter((owner) => owner !== undefined)
  const text =
    owners.length > 0
      ? `${refText(ref)} belongs to ${owners.join(', ')}.`
      : `Nothing on ${refText(ref)} says who owns it: no Helm, Argo CD or Flux mark, no controller, no team label.`
  return { ...about(place), text }
}

/** `deployments/checkout -n shop`, as kubectl takes it. */
export function nameOf(ref: ObjectRef): string[] {
  const kind = kindOf(ref.kind, ref.apiVersion) ?? kindOf(ref.kind)
  return [`${kind?.plural ?? ref.kind.toLowerCase()}/${ref.name}`, ...(ref.namespace ? ['-n', ref.namespace] : [])]
}
