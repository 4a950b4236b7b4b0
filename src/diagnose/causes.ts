// Which finding explains which: causes, not symptoms. Drafts about the same trouble become one finding; what another explains is no root.
import type { Finding, Severity } from '../core/finding.ts'
import { type ObjectRef, refKey, refText } from '../core/ref.ts'
import { type KubeObject, refOf } from '../objects/object.ts'
import { matchesMap } from '../objects/selector.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import type { Depth, Draft } from './check.ts'
import { ownersOf } from './look/ownership.ts'
import { oneLine } from './look/words.ts'
import { nameOf, templateOf, topWorkloads, WORKLOAD_KINDS, workloadOf } from './look/workloads.ts'

export type NamedDraft = Draft & { check: string }

const DEPTH: Record<Depth, number> = { symptom: 0, state: 1, cause: 2 }
const WORTH: Record<Severity, number> = { info: 0, warning: 1, critical: 2 }
const MAX_EVIDENCE = 12

interface Node {
  draft: NamedDraft
  depth: number
  /** the object itself and the workload it belongs to */
  keys: Set<string>
  family: string
  dueTo: Set<string>
  explains: Set<string>
  pods: string[]
  parents: Set<Node>
}

/** Findings, roots first, worst first; `explains` of a root names everything that follows from it. */
export function linkCauses(snapshot: Snapshot, drafts: readonly NamedDraft[]): Finding[] {
  const nodes = merge(drafts).map((draft) => nodeOf(snapshot, draft))
  connect(nodes)
  const below = new Map<Node, Set<Node>>()
  for (const node of nodes) for (const root of ancestorsOf(node)) add(below, root, node)
  return nodes
    .filter(({ draft, parents }) => !draft.lastWord || parents.size === 0)
    .map((node) => findingOf(snapshot, node, below.get(node) ?? new Set()))
    .sort(worstFirst)
}

/** The findings in a namespace, with those elsewhere that explain one of them; a cluster-wide one counts when it touches the namespace. */
export function inScope(findings: readonly Finding[], namespace: string): Finding[] {
  const touches = (finding: Finding) =>
    finding.object.namespace === namespace ||
    (finding.object.kind === 'Namespace' && finding.object.name === namespace) ||
    finding.explains.some((ref) => ref.namespace === namespace)
  return findings.filter(touches)
}

/** Two drafts of one check about one object are one finding, told once with all the evidence. */
function merge(drafts: readonly NamedDraft[]): NamedDraft[] {
  const merged = new Map<string, NamedDraft>()
  for (const draft of drafts) {
    const key = `${draft.check} ${refKey(draft.object)} ${draft.summary}`
    const first = merged.get(key)
    if (!first) {
      merged.set(key, { ...draft, evidence: [...draft.evidence] })
      continue
    }
    first.evidence.push(...draft.evidence)
    first.dueTo = [...(first.dueTo ?? []), ...(draft.dueTo ?? [])]
    first.explains = [...(first.explains ?? []), ...(draft.explains ?? [])]
    first.pods = [...(first.pods ?? []), ...(draft.pods ?? [])]
    if (WORTH[draft.severity] > WORTH[first.severity]) first.severity = draft.severity
  }
  return [...merged.values()]
}

function nodeOf(snapshot: Snapshot, draft: NamedDraft): Node {
  const own = refKey(draft.object)
  const object = snapshot.find(draft.object)
  const family = object ? refKey(refOf(workloadOf(snapshot, object))) : own
  return {
    draft,
    depth: DEPTH[draft.depth ?? 'state'],
    keys: new Set([own, family]),
    family,
    dueTo: new Set((draft.dueTo ?? []).flatMap((ref) => standsFor(snapshot, ref))),
    explains: new Set((draft.explains ?? []).map(refKey)),
    pods: (draft.pods ?? []).map(refKey),
    parents: new Set(),
  }
}

/** What "due to this object" may mean: a Service's trouble is mostly that of the workload behind it. */
function standsFor(snapshot: Snapshot, ref: ObjectRef): string[] {
  const keys = [refKey(ref)]
  const object = snapshot.find(ref)
  if (!object) return keys
  if (object.kind === 'Service') {
    for (const workload of workloadsBehind(snapshot, object)) keys.push(refKey(refOf(workload)))
  } else {
    keys.push(refKey(refOf(workloadOf(snapshot, object))))
  }
  return keys
}

/** The workloads whose pods, or whose pods to be, a Service selects. */
export function workloadsBehind(snapshot: Snapshot, service: KubeObject): KubeObject[] {
  const found = new Set(snapshot.podsOfService(service).map((pod) => workloadOf(snapshot, pod)))
  if (found.size > 0) return [...found]
  return topWorkloads(snapshot).filter(
    (workload) =>
      workload.metadata.namespace === service.metadata.namespace &&
      matchesMap(service.spec?.selector, templateOf(workload)?.metadata?.labels),
  )
}

function connect(nodes: readonly Node[]): void {
  const byKey = new Map<string, Node[]>()
  const byExplained = new Map<string, Node[]>()
  for (const node of nodes) {
    // what is only worth knowing explains nothing that is wrong
    if (node.draft.severity === 'info') continue
    for (const key of node.keys) push(byKey, key, node)
    for (const key of node.explains) push(byExplained, key, node)
  }
  const candidates: { child: Node; parent: Node }[] = []
  for (const node of nodes) {
    const parents = new Set<Node>()
    for (const key of node.dueTo) {
      for (const parent of byKey.get(key) ?? []) parents.add(parent)
      for (const parent of byExplained.get(key) ?? []) parents.add(parent)
    }
    for (const parent of byExplained.get(refKey(node.draft.object)) ?? []) parents.add(parent)
    const [firstPod] = node.pods
    for (const parent of firstPod === undefined ? [] : (byExplained.get(firstPod) ?? [])) {
      if (node.pods.every((pod) => parent.explains.has(pod))) parents.add(parent)
    }
    for (const parent of byKey.get(node.family) ?? []) {
      if (parent.family === node.family && parent.depth > node.depth) parents.add(parent)
    }
    for (const parent of parents) {
      if (parent === node || (parent.family === node.family && parent.depth < node.depth)) continue
      candidates.push({ child: node, parent })
    }
  }
  // of two that blame each other the deeper, then the earlier, is the root
  candidates.sort((a, b) => b.parent.depth - a.parent.depth || began(a.parent) - began(b.parent))
  for (const { child, parent } of candidates) {
    if (!ancestorsOf(parent).has(child)) child.parents.add(parent)
  }
}

function began(node: Node): number {
  const at = Date.parse(node.draft.since ?? '')
  return Number.isNaN(at) ? Number.MAX_SAFE_INTEGER : at
}

function ancestorsOf(node: Node): Set<Node> {
  const seen = new Set<Node>()
  const queue = [...node.parents]
  for (let next = queue.pop(); next; next = queue.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    queue.push(...next.parents)
  }
  return seen
}

function findingOf(snapshot: Snapshot, node: Node, below: ReadonlySet<Node>): Finding {
  const { draft } = node
  const root = node.parents.size === 0
  // a root is as bad as the worst that follows from it
  const severity = [...below].reduce(
    (worst, child) => (WORTH[child.draft.severity] > WORTH[worst] ? child.draft.severity : worst),
    draft.severity,
  )
  const explained = new Map<string, ObjectRef>()
  for (const ref of [...(draft.explains ?? []), ...[...below].map((child) => child.draft.object)]) {
    if (refKey(ref) !== refKey(draft.object)) explained.set(refKey(ref), ref)
  }
  return {
    check: draft.check,
    severity,
    object: draft.object,
    summary: oneLine(titled(draft), 400),
    cause: oneLine(draft.cause, 600),
    ...(draft.changed ? { changed: oneLine(draft.changed, 400) } : {}),
    evidence: uniqueTexts(draft.evidence).slice(0, MAX_EVIDENCE),
    remedy: oneLine(
      root && severity !== 'info' ? `${draft.remedy}${managedBy(snapshot, draft.object)}` : draft.remedy,
      700,
    ),
    action: draft.action ?? null,
    root,
    explains: [...explained.values()],
  }
}

/** Who else must know of a change: what is made from a release or a repository is changed there. */
function managedBy(snapshot: Snapshot, ref: ObjectRef): string {
  const object = snapshot.find(ref)
  const [owner] = object ? ownersOf(snapshot, object) : []
  if (!owner) return ''
  const kind = oneLine(ref.kind, 60)
  return owner.reverts
    ? ` ${kind} ${ref.name} is managed by ${owner.text}: change it there, or the change is undone.`
    : ` ${kind} ${ref.name} is managed by ${owner.text}: change it there too, or the next release undoes it.`
}

/** "shop/checkout: 3 of 3 pods crash-looping": a summary must say what it is about when it stands alone. */
function titled({ object, summary }: Draft): string {
  if (isNamedIn(summary, object)) return summary
  const name = object.kind === 'Pod' || WORKLOAD_KINDS.includes(object.kind) ? nameOf(object) : refText(object)
  return `${name}: ${summary}`
}

/** As a word of its own: images, and Services, are often called like the workload. */
function isNamedIn(summary: string, { namespace, name }: ObjectRef): boolean {
  for (let at = summary.indexOf(name); at >= 0; at = summary.indexOf(name, at + 1)) {
    const before = summary.slice(0, at)
    const own = namespace && before.endsWith(`${namespace}/`) ? before.slice(0, -namespace.length - 1) : before
    if (/(?:^|[^\w./-])$/.test(own) && /^(?:$|[^\w:./@-]|[:.](?:\s|$))/.test(summary.slice(at + name.length)))
      return true
  }
  return false
}

function uniqueTexts(evidence: Finding['evidence']): Finding['evidence'] {
  const seen = new Set<string>()
  return evidence.filter((item) => {
    const key = `${item.source} ${item.text}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function worstFirst(a: Finding, b: Finding): number {
  return (
    Number(b.root) - Number(a.root) ||
    WORTH[b.severity] - WORTH[a.severity] ||
    b.explains.length - a.explains.length ||
    refKey(a.object).localeCompare(refKey(b.object)) ||
    a.check.localeCompare(b.check)
  )
}

function push<K, T>(map: Map<K, T[]>, key: K, value: T): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

function add<K, T>(map: Map<K, Set<T>>, key: K, value: T): void {
  const set = map.get(key)
  if (set) set.add(value)
  else map.set(key, new Set([value]))
}
