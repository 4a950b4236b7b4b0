// What the kubelet of a node cannot do for a pod: give it a network, or the resources it was resized to.
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../../src/objects/object.ts'
import { ago, app, CRASH, diagnoseWorld, ended, event, namespace, rootNames, roots, wordsOf } from '../build.ts'

describe('sandboxes', () => {
  const CREATING = { waiting: { reason: 'ContainerCreating' } }
  const hanging = (name: string, said: string, nodes: string[]) => {
    const made = app(name, { replicas: nodes.length, state: CREATING })
    for (const [index, pod] of made.pods.entries()) pod.spec.nodeName = nodes[index]
    return [...made.objects, ...made.pods.map((pod) => event(pod, 'FailedCreatePodSandBox', said))]
  }
  const ADD =
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "0b2f": '

  test('the plugin that does not run on that node is the root', () => {
    const said = `${ADD}plugin type="cilium-cni" failed (add): unable to connect to Cilium agent: dial unix /var/run/cilium/cilium.sock: connect: no such file or directory`
    const plugin = app('cilium', {
      kind: 'DaemonSet',
      namespace: 'kube-system',
      state: CRASH,
      lastState: ended(1),
      restarts: 8,
    })
    const found = diagnoseWorld([namespace('kube-system'), ...plugin.objects, ...hanging('web', said, ['node-a'])])
    expect(rootNames(found)).toEqual(['DaemonSet/cilium crash-loop'])
  })

  test.each([
    'plugin type="calico" failed (add): failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No more free affine blocks and strict affinity enabled',
    'plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
  ])('no addresses on any node is one trouble of one workload: %s', (said) => {
    const found = diagnoseWorld(hanging('web', `${ADD}${said}`, ['node-a', 'node-b']))
    expect(rootNames(found)).toEqual(['Deployment/web pod-sandbox'])
    expect(wordsOf(roots(found)[0])).toMatch(
      /2 pods of shop\/web cannot get a network on nodes node-a and node-b.*no pod addresses are left/s,
    )
  })

  test('a node that fails several workloads is the one to look at', () => {
    const said = `${ADD}plugin type="flannel" failed (add): loadFlannelSubnetEnv failed`
    const found = diagnoseWorld([...hanging('web', said, ['node-b']), ...hanging('api', said, ['node-b'])])
    expect(rootNames(found)).toEqual(['Node/node-b pod-sandbox'])
  })
})

describe('resizing in place', () => {
  const resized = (reason: string, minutes: number, type = 'PodResizePending') => {
    const made = app('grid')
    const [pod] = made.pods as [KubeObject]
    const message = "Node didn't have enough capacity: cpu, requested: 6000, capacity: 3920"
    pod.status.conditions.push({ type, status: 'True', reason, message, lastTransitionTime: ago(minutes) })
    return diagnoseWorld(made.objects)
  }

  test('what the node can never give is told at once, with the numbers', () => {
    const found = resized('Infeasible', 2)
    expect(rootNames(found)).toEqual(['Deployment/grid pod-resize'])
    expect(wordsOf(roots(found)[0])).toMatch(
      /1 pod is not done \(Infeasible\) for 2 min.*requested: 6000, capacity: 3920/s,
    )
  })

  test('what others may make room for is given ten minutes', () => {
    expect(rootNames(resized('Deferred', 30))).toEqual(['Deployment/grid pod-resize'])
    expect(resized('Deferred', 2).findings).toEqual([])
  })

  test('a resize under way is nothing, one that fails is', () => {
    expect(resized('', 30, 'PodResizeInProgress').findings).toEqual([])
    expect(wordsOf(roots(resized('Error', 30, 'PodResizeInProgress'))[0])).toMatch(/cannot apply it/)
  })

  test('clusters before 1.33 say it in a field', () => {
    const made = app('grid')
    made.pods[0]!.status.resize = 'Infeasible'
    expect(rootNames(diagnoseWorld(made.objects))).toEqual(['Deployment/grid pod-resize'])
  })
})
