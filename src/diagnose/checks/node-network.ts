// Nodes whose network is not set up, or that wait for their cloud controller.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { isNodeReady, taintsOf } from '../look/nodes.ts'
import { condition } from '../look/pods.ts'
import { evidence, oneLine } from '../look/words.ts'

const PATIENCE_MS = 5 * 60_000

export const nodeNetwork: Check = {
  name: 'node-network',
  title: 'A node has no network routes or is not initialized',
  why: 'Such a node is tainted and takes no pods.',
  fix: 'Look at the network plugin or the cloud controller manager for that node.',
  reads: ['Node'],
  run(snapshot) {
    return snapshot.list('Node').flatMap((node): Draft[] => {
      if (!isNodeReady(node)) return []
      const unavailable = condition(node, 'NetworkUnavailable')
      const fresh = taintsOf(node).find((taint) => taint.key === 'node.cloudprovider.kubernetes.io/uninitialized')
      const young =
        (snapshot.ageMs(unavailable?.lastTransitionTime ?? node.metadata.creationTimestamp) ?? PATIENCE_MS) <
        PATIENCE_MS
      if (young || (unavailable?.status !== 'True' && !fresh)) return []
      const network = unavailable?.status === 'True'
      return [
        {
          severity: 'warning',
          object: refOf(node),
          depth: 'cause',
          summary: `Node ${node.metadata.name} ${network ? 'has no network (NetworkUnavailable)' : 'is not initialized by its cloud controller'}`,
          cause: network
            ? oneLine(unavailable?.message ?? unavailable?.reason ?? 'the network plugin has made no routes')
            : 'taint node.cloudprovider.kubernetes.io/uninitialized is still there: the cloud controller manager has not seen the node',
          evidence: [
            evidence(
              'status',
              node,
              network ? `NetworkUnavailable=True: ${unavailable?.message ?? ''}` : 'taint uninitialized',
            ),
          ],
          remedy: network
            ? 'Look at the pod of the network plugin on that node and at the cloud routes.'
            : 'Check that the cloud controller manager runs and may reach the provider.',
        },
      ]
    })
  },
}
