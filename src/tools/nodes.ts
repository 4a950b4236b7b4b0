// get_nodes and get_node_conditions.

import { z } from 'zod'
import { isCordoned, isNodeReady, taintsOf, taintText } from '../diagnose/look/nodes.ts'
import { ageText } from '../objects/age.ts'
import { ageOf, ClusterParameters, listKind, rowsOf } from './lists.ts'
import { defineTool } from './tool.ts'

export const getNodes = defineTool({
  name: 'get_nodes',
  description: 'Nodes with readiness, cordon, taints, allocatable resources, versions and zone.',
  effect: 'read',
  parameters: ClusterParameters,
  result: rowsOf({
    name: z.string(),
    ready: z.string(),
    cordoned: z.string(),
    taints: z.string(),
    cpu: z.string(),
    memory: z.string(),
    pods: z.string(),
    kubelet: z.string(),
    zone: z.string(),
    age: z.string(),
  }),
  async run(args, context) {
    const { items, notes } = await listKind('Node', args, context)
    return {
      items: items.map((node) => {
        const room = (node.status?.allocatable ?? {}) as Record<string, unknown>
        return {
          name: node.metadata.name,
          ready: isNodeReady(node) ? 'yes' : 'no',
          cordoned: isCordoned(node) ? 'yes' : 'no',
          taints: taintsOf(node).map(taintText).join(' '),
          cpu: String(room.cpu ?? ''),
          memory: String(room.memory ?? ''),
          pods: String(room.pods ?? ''),
          kubelet: String(node.status?.nodeInfo?.kubeletVersion ?? ''),
          zone: String(node.metadata.labels?.['topology.kubernetes.io/zone'] ?? ''),
          age: ageOf(node, context.now()),
        }
      }),
      notes,
    }
  },
})

export const getNodeConditions = defineTool({
  name: 'get_node_conditions',
  description: 'Every condition of nodes with reason, message and since when: pressure, network, readiness.',
  effect: 'read',
  parameters: ClusterParameters,
  result: rowsOf({
    node: z.string(),
    type: z.string(),
    status: z.string(),
    since: z.string(),
    reason: z.string(),
    message: z.string(),
  }),
  async run(args, context) {
    const { items, notes } = await listKind('Node', args, context)
    return {
      items: items.flatMap((node) =>
        ((node.status?.conditions ?? []) as Record<string, string | undefined>[]).map((one) => ({
          node: node.metadata.name,
          type: String(one.type ?? ''),
          status: String(one.status ?? ''),
          since: ageText(one.lastTransitionTime, context.now()),
          reason: String(one.reason ?? ''),
          message: String(one.message ?? '').slice(0, 200),
        })),
      ),
      notes,
    }
  },
})
