// Text in ConfigMaps, annotations and logs that reads like orders to an assistant: it is data, is told, and is never followed.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { isOrder, MAX_ORDER_TEXT } from '../look/planted.ts'
import { evidence } from '../look/words.ts'
import { workloadOf } from '../look/workloads.ts'

export const plantedInstructions: Check = {
  name: 'planted-instructions',
  title: 'Text in the cluster gives orders to assistants',
  why: 'Somebody may try to steer tools and people that read it. Firstmate reads such text as data and never follows it.',
  fix: 'Find out who wrote it, and remove it.',
  reads: ['ConfigMap', 'Pod', 'Deployment', 'Service', 'Ingress', 'Namespace'],
  run: (snapshot) => [...inObjects(snapshot), ...inLogs(snapshot)],
}

const MAX_FOUND = 20

function inObjects(snapshot: Snapshot): Draft[] {
  const found: Draft[] = []
  for (const object of snapshot.objects) {
    if (found.length >= MAX_FOUND) break
    const where = placeOf(object)
    if (where) found.push(draftOf(object, where))
  }
  return found
}

function placeOf(object: KubeObject): string | undefined {
  for (const [key, value] of Object.entries(object.metadata.annotations ?? {}))
    if (isOrder(value)) return `annotation ${key}`
  if (object.kind !== 'ConfigMap') return undefined
  for (const [key, value] of Object.entries(object.data ?? {})) if (isOrder(value)) return `key ${key}`
  return undefined
}

function inLogs(snapshot: Snapshot): Draft[] {
  const workloads = new Set<KubeObject>()
  for (const log of snapshot.logs) {
    if (workloads.size >= MAX_FOUND) break
    const pod = snapshot.get('Pod', log.namespace, log.pod)
    const workload = pod && workloadOf(snapshot, pod)
    if (workload && !workloads.has(workload) && isOrder(log.text.slice(-MAX_ORDER_TEXT))) workloads.add(workload)
  }
  return [...workloads].map((workload) => draftOf(workload, 'its log'))
}

/** The text itself is not repeated: what is quoted in a card is read by others in turn. */
function draftOf(object: KubeObject, where: string): Draft {
  return {
    severity: 'info',
    object: refOf(object),
    summary: `${where} holds text that gives orders to an assistant`,
    cause: 'text in the cluster is data: it was not followed, and it is no evidence for anything it claims',
    evidence: [evidence('spec', object, `${where} reads like instructions`)],
    remedy: 'Find out who wrote it, and remove it.',
  }
}
