// Reading why nodes refuse a pod by what they are: their labels, taints, cordons.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import { matchesRequirement, type Requirement } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { nearest } from './names.ts'
import { isCordoned, isNodeReady, type Taint, taintText, untolerated } from './nodes.ts'
import { count, some } from './words.ts'

export interface Words {
  /** one sentence */
  text: string
  /** what to change, in words */
  hint: string
  /** objects whose trouble this is, if one is found */
  dueTo: ObjectRef[]
}

interface Term {
  requirements: Requirement[]
  fields: Requirement[]
}

/** The node labels a pod insists on: nodeSelector and required node affinity; terms are alternatives. */
export function nodeTermsOf(pod: KubeObject): Term[] {
  const plain = Object.entries((pod.spec?.nodeSelector ?? {}) as Record<string, string>).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [String(value)] }),
  )
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return termsOf(required, plain)
}

// biome-ignore lint/suspicious/noExplicitAny: nodeSelectorTerms as the API prints them
export function termsOf(terms: any, also: Requirement[] = []): Term[] {
  if (!Array.isArray(terms) || terms.length === 0) return also.length > 0 ? [{ requirements: also, fields: [] }] : []
  return terms.map((term) => ({
    requirements: [...also, ...requirements(term?.matchExpressions)],
    fields: requirements(term?.matchFields),
  }))
}

function requirements(list: unknown): Requirement[] {
  if (!Array.isArray(list)) return []
  return list.map((entry) => ({
    key: String(entry.key),
    operator: entry.operator,
    values: (entry.values ?? []).map(String),
  }))
}

export function nodeMatches(node: KubeObject, terms: readonly Term[]): boolean {
  if (terms.length === 0) return true
  const fields = { 'metadata.name': node.metadata.name }
  return terms.some(
    (term) =>
      term.requirements.every((requirement) => matchesRequirement(requirement, node.metadata.labels)) &&
      term.fields.every((requirement) => matchesRequirement(requirement, fields)),
  )
}

export function requirementText({ key, operator, values }: Requirement): string {
  if (operator === 'In') return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(', ')})`
  if (operator === 'NotIn') return `${key} not in (${values.join(', ')})`
  if (operator === 'Exists') return `a label ${key}`
  if (operator === 'DoesNotExist') return `no label ${key}`
  return `${key} ${operator === 'Gt' ? '>' : '<'} ${values[0]}`
}

/** Why no node has the labels a pod asks for, with the nearest label there is. */
export function nodeLabelsWords(snapshot: Snapshot, pod: KubeObject): Words {
  const nodes = snapshot.list('Node')
  const terms = nodeTermsOf(pod)
  const asked = terms
    .map((term) => [...term.requirements, ...term.fields].map(requirementText).join(' and '))
    .join(', or ')
  if (nodes.length === 0) {
    return {
      text: `the pod asks for nodes with ${asked || 'certain labels'}; the nodes could not be read`,
      hint: '',
      dueTo: [],
    }
  }
  const unmet = new Map<string, Requirement>()
  for (const term of terms) {
    for (const requirement of term.requirements) {
      if (!nodes.some((node) => matchesRequirement(requirement, node.metadata.labels))) {
        unmet.set(requirementText(requirement), requirement)
      }
    }
  }
  if (unmet.size > 0) {
    const told = [...unmet.values()].map((requirement) => unmetText(requirement, nodes))
    return {
      text: `no node has ${some([...unmet.keys()])}: ${told.map((entry) => entry.text).join('; ')}`,
      hint: told.find((entry) => entry.hint)?.hint ?? '',
      dueTo: [],
    }
  }
  const gone = terms.flatMap((term) => term.fields).flatMap((field) => field.values)
  const missing = gone.filter((name) => !nodes.some((node) => node.metadata.name === name))
  if (missing.length > 0)
    return { text: `the pod is bound to node ${some(missing)}, which does not exist`, hint: '', dueTo: [] }
  const matching = nodes.filter((node) => nodeMatches(node, terms))
  if (matching.length > 0) {
    return {
      text: `only ${count(matching.length, 'node')} of ${nodes.length} (${some(matching.map((node) => node.metadata.name))}) ${matching.length === 1 ? 'has' : 'have'} ${asked}`,
      hint: '',
      dueTo: matching.filter((node) => !isNodeReady(node) || isCordoned(node)).map(refOf),
    }
  }
  return {
    text: `each of the labels asked for is on some node, but no node has all of them: ${asked}`,
    hint: '',
    dueTo: [],
  }
}

function unmetText(requirement: Requirement, nodes: readonly KubeObject[]): { text: string; hint: string } {
  const { key, values } = requirement
  const present = new Map<string, number>()
  for (const node of nodes) {
    const labels = node.metadata.labels ?? {}
    if (Object.hasOwn(labels, key)) present.set(labels[key] ?? '', (present.get(labels[key] ?? '') ?? 0) + 1)
  }
  if (present.size > 0) {
    const there = [...present].map(([value, number]) => `${key}=${value} on ${number}`)
    const near = values[0] === undefined ? undefined : (nearest(values[0], present.keys()) ?? only(present.keys()))
    return {
      text: `of ${count(nodes.length, 'node')}, ${some(there, 4)}`,
      hint: near === undefined ? '' : `perhaps ${key}=${near} is meant`,
    }
  }
  const keys = new Set(nodes.flatMap((node) => Object.keys(node.metadata.labels ?? {})))
  const near = nearest(key, keys)
  return {
    text: `none of ${count(nodes.length, 'node')} carries a label ${key}${near ? ` (nearest: ${near})` : ''}`,
    hint: near ? `perhaps the label ${near} is meant` : '',
  }
}

function only<T>(values: Iterable<T>): T | undefined {
  const all = [...values]
  return all.length === 1 ? all[0] : undefined
}

// taints that Kubernetes itself sets say that a node is ill; they are that node's trouble, not the pod's
const BY_NODE_STATE = /^node(\.cloudprovider)?\.kubernetes\.io\//
const CONTROL_PLANE = /^node-role\.kubernetes\.io\/(control-plane|master)$/

export interface TaintsFound {
  /** set by people, the control plane's own left out */
  custom: { taint: Taint; nodes: KubeObject[] }[]
  controlPlane: KubeObject[]
  /** set by Kubernetes because the node is ill or cordoned */
  state: { taint: Taint; nodes: KubeObject[] }[]
}

export function taintsAgainst(snapshot: Snapshot, pod: KubeObject): TaintsFound {
  const custom = new Map<string, { taint: Taint; nodes: KubeObject[] }>()
  const state = new Map<string, { taint: Taint; nodes: KubeObject[] }>()
  const controlPlane: KubeObject[] = []
  for (const node of snapshot.list('Node')) {
    for (const taint of untolerated(node, pod)) {
      if (CONTROL_PLANE.test(taint.key)) {
        controlPlane.push(node)
        continue
      }
      const target = BY_NODE_STATE.test(taint.key) ? state : custom
      const entry = target.get(taintText(taint))
      if (entry) entry.nodes.push(node)
      else target.set(taintText(taint), { taint, nodes: [node] })
    }
  }
  return { custom: [...custom.values()], controlPlane, state: [...state.values()] }
}

export function taintWords(snapshot: Snapshot, pod: KubeObject): Words {
  const { custom, controlPlane, state } = taintsAgainst(snapshot, pod)
  const parts = custom.map(
    ({ taint, nodes }) =>
      `${count(nodes.length, 'node')} (${some(nodes.map((node) => node.metadata.name))}) tainted ${taintText(taint)}`,
  )
  for (const { taint, nodes } of state) {
    parts.push(
      `${some(nodes.map((node) => node.metadata.name))} marked ${taint.key.replace(/^.*\//, '')} (${taintText(taint)}) by Kubernetes`,
    )
  }
  if (controlPlane.length > 0) parts.push(`${count(controlPlane.length, 'control-plane node')} kept free of workloads`)
  const keys = Array.isArray(pod.spec?.tolerations)
    ? pod.spec.tolerations.map((entry: { key?: string }) => entry.key).filter(Boolean)
    : []
  const wanted = custom[0]?.taint
  const near = wanted && nearest(wanted.key, keys)
  return {
    text:
      parts.length > 0
        ? `the pod does not tolerate the taints of ${parts.join('; ')}`
        : 'the pod does not tolerate the taints of these nodes',
    hint: wanted
      ? `add a toleration for ${taintText(wanted)}${near ? ` (the pod tolerates ${near}, which is another key)` : ''}, or remove the taint if it is no longer meant`
      : '',
    dueTo: state.flatMap(({ nodes }) => nodes.map(refOf)),
  }
}
