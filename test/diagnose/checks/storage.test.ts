// Claims, volumes and classes: what will not bind, attach, fit or come back; and what rightly waits.
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../../src/objects/object.ts'
import { ago, app, crashing, diagnoseWorld, event, node, object, rootNames, roots, wordsOf } from '../build.ts'

// biome-ignore lint/suspicious/noExplicitAny: fields as the API prints them
type Fields = Record<string, any>
const cluster = (made: KubeObject) => {
  delete made.metadata.namespace
  return made
}
const storageClass = (name: string, fields: Fields = {}) =>
  cluster(
    object('storage.k8s.io/v1', 'StorageClass', name, {
      provisioner: 'ebs.csi.aws.com',
      volumeBindingMode: 'Immediate',
      allowVolumeExpansion: true,
      ...fields,
    }),
  )
const standard = (fields: Fields = {}) =>
  storageClass('gp3', {
    metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    ...fields,
  })
const claim = (spec: Fields = {}, status: Fields = { phase: 'Pending' }, minutes = 30) =>
  object('v1', 'PersistentVolumeClaim', 'data', {
    metadata: { creationTimestamp: ago(minutes) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '10Gi' } },
      storageClassName: 'gp3',
      ...spec,
    },
    status,
  })
const volume = (name: string, spec: Fields = {}, phase = 'Available') =>
  cluster(
    object('v1', 'PersistentVolume', name, {
      spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'manual', ...spec },
      status: { phase },
    }),
  )
const mounts = {
  spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
  container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
}

describe('claims that do not bind', () => {
  const rows: [string, KubeObject[], RegExp][] = [
    [
      'a class that does not exist',
      [standard(), claim({ storageClassName: 'gp33' })],
      /StorageClass gp33 does not exist.*gp3.*nearest: gp3/s,
    ],
    [
      'no class and no default',
      [storageClass('gp3'), claim({ storageClassName: undefined })],
      /names no StorageClass and none is the default/,
    ],
    [
      'a provisioner that says nothing',
      [standard(), claim()],
      /provisioner ebs\.csi\.aws\.com.*neither made a volume nor reported/s,
    ],
    [
      'volumes that are too small',
      [claim({ storageClassName: 'manual' }), volume('pv-1')],
      /pv-1 has 5Gi, less than 10Gi/,
    ],
    [
      'volumes of another access mode',
      [
        claim({ storageClassName: 'manual', accessModes: ['ReadWriteMany'] }),
        volume('pv-1', { capacity: { storage: '20Gi' } }),
      ],
      /pv-1 offers access mode ReadWriteOnce, not ReadWriteMany/,
    ],
    [
      'a released volume',
      [
        claim({ storageClassName: 'manual' }),
        volume('pv-1', { capacity: { storage: '20Gi' }, claimRef: { namespace: 'old', name: 'gone' } }, 'Released'),
      ],
      /pv-1 is Released and still reserved for old\/gone/,
    ],
  ]
  for (const [name, objects, words] of rows) {
    test(name, () => {
      const found = diagnoseWorld(objects)
      expect(rootNames(found)).toEqual(['PersistentVolumeClaim/data claim-pending'])
      expect(wordsOf(roots(found)[0])).toMatch(words)
    })
  }

  test('what the provisioner reports', () => {
    const made = claim()
    const failed = event(
      made,
      'ProvisioningFailed',
      'failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = VolumeLimitExceeded: quota of 50 volumes',
    )
    expect(wordsOf(roots(diagnoseWorld([standard(), made, failed]))[0])).toMatch(
      /a quota or limit of the storage is used up.*VolumeLimitExceeded/s,
    )
  })

  test('silent: waiting for the first consumer, younger than a minute, bound', () => {
    const lazy = standard({ volumeBindingMode: 'WaitForFirstConsumer' })
    const unused = claim()
    const waits = event(unused, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding', {
      type: 'Normal',
    })
    expect(diagnoseWorld([lazy, unused, waits]).healthy).toBe(true)
    expect(diagnoseWorld([standard(), claim({}, { phase: 'Pending' }, 0)]).healthy).toBe(true)
    expect(diagnoseWorld([standard(), claim({}, { phase: 'Bound' })]).healthy).toBe(true)
  })
})

describe('volumes in trouble', () => {
  test('a claim that lost its volume', () => {
    const lost = claim({ volumeName: 'pv-9' }, { phase: 'Lost' })
    expect(rootNames(diagnoseWorld([standard(), lost]))).toEqual(['PersistentVolumeClaim/data claim-lost'])
  })

  test('Multi-Attach names who holds it, and where', () => {
    const made = app('db', {
      replicas: 2,
      ready: 1,
      pod: {
        sick: true,
        status: {
          phase: 'Pending',
          containerStatuses: [
            { name: 'db', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
          ],
        },
      },
      ...mounts,
    })
    const [first, second] = made.pods as [KubeObject, KubeObject]
    second.spec.nodeName = 'node-b'
    const bound = claim({ volumeName: 'pv-1' }, { phase: 'Bound' })
    const failed = event(
      second,
      'FailedAttachVolume',
      `Multi-Attach error for volume "pv-1" Volume is already used by pod(s) ${first.metadata.name}`,
    )
    const found = diagnoseWorld([standard(), bound, volume('pv-1', {}, 'Bound'), ...made.objects, failed])
    expect(rootNames(found)).toEqual(['Deployment/db volume-attach'])
    expect(wordsOf(roots(found)[0])).toMatch(/Multi-Attach.*node node-a by pod db-r2-p0/s)
  })

  test('a driver that is not on the node', () => {
    const made = app('db', { replicas: 1, ready: 0, pod: { sick: true, status: { phase: 'Pending' } }, ...mounts })
    const failed = event(
      made.pods[0] as KubeObject,
      'FailedMount',
      'MountVolume.MountDevice failed for volume "pv-1" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name ebs.csi.aws.com not found in the list of registered CSI drivers',
    )
    const found = diagnoseWorld([
      standard(),
      claim({ volumeName: 'pv-1' }, { phase: 'Bound' }),
      volume('pv-1', {}, 'Bound'),
      ...made.objects,
      failed,
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/ebs\.csi\.aws\.com is not registered on node node-a/)
  })

  test('a driver that the cloud does not allow to attach', () => {
    const made = app('db', { replicas: 1, ready: 0, pod: { sick: true, status: { phase: 'Pending' } }, ...mounts })
    const failed = event(
      made.pods[0] as KubeObject,
      'FailedAttachVolume',
      'AttachVolume.Attach failed for volume "pv-1" : rpc error: code = Internal desc = Could not attach volume "vol-1": operation error EC2: AttachVolume, api error UnauthorizedOperation: You are not authorized. User: arn:aws:sts::1:assumed-role/ebs-csi is not authorized to perform: ec2:AttachVolume',
    )
    const bound = [claim({ volumeName: 'pv-1' }, { phase: 'Bound' }), volume('pv-1', {}, 'Bound')]
    const [root] = roots(diagnoseWorld([standard(), ...bound, ...made.objects, failed]))
    expect(root?.cause).toMatch(/cloud provider does not allow/)
    expect(root?.remedy).toMatch(/role of the CSI driver/)
  })

  test('a volume whose only node is cordoned: the node is the root and says which volume', () => {
    const zone = { 'topology.kubernetes.io/zone': 'zone-c' }
    const far = node('node-c', { labels: zone, spec: { unschedulable: true } })
    const nodeAffinity = {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['zone-c'] }] },
        ],
      },
    }
    const made = app('db', { replicas: 1, ready: 0, pod: { sick: true }, ...mounts })
    const [pod] = made.pods as [KubeObject]
    delete pod.spec.nodeName
    const message =
      '0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had volume node affinity conflict.'
    pod.status = {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: ago(30) },
      ],
    }
    const bound = [claim({ volumeName: 'pv-1' }, { phase: 'Bound' }), volume('pv-1', { nodeAffinity }, 'Bound')]
    const found = diagnoseWorld([standard(), far, ...bound, ...made.objects, event(pod, 'FailedScheduling', message)])
    expect(rootNames(found)).toEqual(['Node/node-c node-cordoned'])
    expect(wordsOf(roots(found)[0])).toMatch(
      /volume of claim data can be reached only from topology\.kubernetes\.io\/zone=zone-c/,
    )
  })

  test('a full volume is the root, and growing it the fix', () => {
    const full = crashing(
      'db',
      '2026-11-20T11:59:00Z FATAL could not write /data/wal/0001: No space left on device\n',
      mounts,
    )
    const bound = claim({ volumeName: 'pv-1' }, { phase: 'Bound', capacity: { storage: '10Gi' } })
    const found = diagnoseWorld([standard(), bound, volume('pv-1', {}, 'Bound'), ...full.objects], full.logs)
    expect(rootNames(found)).toEqual(['PersistentVolumeClaim/data volume-full'])
    expect(roots(found)[0]?.action).toMatchObject({ verb: 'grow-pvc', size: '20Gi' })
  })

  test("a full emptyDir is not a claim's trouble", () => {
    const full = crashing('db', '2026-11-20T11:59:00Z FATAL write /tmp/x: no space left on device\n', {
      spec: {
        volumes: [
          { name: 'tmp', emptyDir: {} },
          { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        ],
      },
      container: {
        volumeMounts: [
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'data', mountPath: '/data' },
        ],
      },
    })
    const found = diagnoseWorld(
      [standard(), claim({ volumeName: 'pv-1' }, { phase: 'Bound' }), volume('pv-1', {}, 'Bound'), ...full.objects],
      full.logs,
    )
    expect(roots(found).every(({ object }) => object.kind !== 'PersistentVolumeClaim')).toBe(true)
  })

  test('a growth that failed warns, one that waits for the pod informs', () => {
    const grown = claim(
      { resources: { requests: { storage: '20Gi' } } },
      {
        phase: 'Bound',
        capacity: { storage: '10Gi' },
        conditions: [{ type: 'FileSystemResizePending', status: 'True' }],
      },
    )
    const failed = event(
      grown,
      'VolumeResizeFailed',
      'resize volume "pv-1" failed: rpc error: volume is in modification cooldown',
    )
    expect(diagnoseWorld([standard(), grown]).healthy).toBe(true)
    expect(rootNames(diagnoseWorld([standard(), grown, failed]))).toEqual(['PersistentVolumeClaim/data volume-resize'])
  })

  test('two default classes are worth knowing, a failed volume is a warning', () => {
    const second = storageClass('gp2', {
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    })
    expect(diagnoseWorld([standard(), second]).findings.map(({ check, severity }) => [check, severity])).toEqual([
      ['storage-class', 'info'],
    ])
    expect(rootNames(diagnoseWorld([volume('pv-1', {}, 'Failed')]))).toEqual(['PersistentVolume/pv-1 claim-lost'])
  })
})
