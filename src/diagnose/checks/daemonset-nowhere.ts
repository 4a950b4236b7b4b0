// DaemonSets that run on no node at all, because no node carries what they select.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { matchesMap } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { nearest } from '../look/names.ts'
import { count, evidence } from '../look/words.ts'

export const daemonsetNowhere: Check = {
  name: 'daemonset-nowhere',
  title: 'A DaemonSet matches no node',
  why: 'It looks healthy with zero of zero pods, while logs, metrics or storage of every node are missing.',
  fix: 'Label the nodes that are meant, or correct the nodeSelector.',
  reads: ['DaemonSet', 'Node'],
  run: (snapshot) => snapshot.list('DaemonSet').flatMap((set) => draftOf(snapshot, set)),
}

// operators ship DaemonSets for hardware a cluster may not have
const OPTIONAL =
  /gpu|nvidia|amd\.com|windows|feature\.node|intel|sriov|rdma|tpu|habana|kubernetes\.io\/os|kubernetes\.io\/arch|instance-type|non-existing|disabled/i

function draftOf(snapshot: Snapshot, set: KubeObject): Draft[] {
  const selector: Record<string, string> = set.spec?.template?.spec?.nodeSelector ?? {}
  const entries = Object.entries(selector)
  const nodes = snapshot.list('Node')
  if (Number(set.status?.desiredNumberScheduled ?? 1) > 0 || entries.length === 0 || nodes.length === 0) return []
  if (nodes.some((node) => matchesMap(selector, node.metadata.labels)) || OPTIONAL.test(JSON.stringify(selector)))
    return []
  const hints = entries.flatMap(([key, value]) => nearLabel(nodes, key, value))
  const text = entries.map(([key, value]) => `${key}=${value}`).join(', ')
  return [
    {
      severity: 'warning',
      object: refOf(set),
      summary: `runs on none of ${count(nodes.length, 'node')}`,
      cause: `its nodeSelector ${text} matches no node${hints.length > 0 ? `; ${hints.join('; ')}` : ''}`,
      evidence: [evidence('spec', set, `nodeSelector: ${text}`), evidence('status', set, 'desiredNumberScheduled: 0')],
      remedy: `Label the nodes it is meant for with ${text}, or correct the nodeSelector.`,
    },
  ]
}

function nearLabel(nodes: readonly KubeObject[], key: string, value: string): string[] {
  const values = new Set(nodes.flatMap((node) => node.metadata.labels?.[key] ?? []))
  if (values.size > 0) return [`nodes have ${key}=${[...values].slice(0, 3).join(', ')}, not ${value}`]
  const near = nearest(key, new Set(nodes.flatMap((node) => Object.keys(node.metadata.labels ?? {}))))
  return near ? [`nodes have a label ${near}`] : []
}
