// A healthy world of 500 objects of all kinds, with the harmless oddities every cluster has: not one warning.
import { describe, expect, test } from 'vitest'
import { diagnose } from '../../src/diagnose/index.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { ago, app, event, NOW, namespace, node, object, owned, service } from './build.ts'

const bare = (made: KubeObject) => {
  delete made.metadata.namespace
  return made
}

function team(index: number): KubeObject[] {
  const ns = `team-${index}`
  const web = app('web', {
    namespace: ns,
    replicas: 3,
    container: {
      ports: [{ containerPort: 8080, name: 'http' }],
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
      readinessProbe: { httpGet: { path: '/healthz', port: 8080 } },
    },
  })
  const db = app('db', {
    namespace: ns,
    kind: 'StatefulSet',
    replicas: 1,
    container: { ports: [{ containerPort: 5432 }], volumeMounts: [{ name: 'data', mountPath: '/data' }] },
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }] },
    deployment: { serviceName: 'db' },
  })
  const agent = app('agent', { namespace: ns, kind: 'DaemonSet', replicas: 2 })
  const off = app('legacy', { namespace: ns, replicas: 0 })
  const cron = object(
    'batch/v1',
    'CronJob',
    'report',
    {
      spec: {
        schedule: '0 * * * *',
        concurrencyPolicy: 'Forbid',
        jobTemplate: { spec: { template: { spec: { containers: [{ name: 'r', image: 'r:1' }] } } } },
      },
      status: { lastScheduleTime: ago(20), lastSuccessfulTime: ago(18) },
    },
    ns,
  )
  const job = object(
    'batch/v1',
    'Job',
    'report-1',
    {
      metadata: owned(cron),
      spec: { backoffLimit: 6 },
      status: { succeeded: 1, failed: 1, conditions: [{ type: 'Complete', status: 'True' }] },
    },
    ns,
  )
  const suspended = object(
    'batch/v1',
    'CronJob',
    'paused',
    { spec: { schedule: '*/5 * * * *', suspend: true, jobTemplate: {} }, status: {} },
    ns,
  )
  const slices = [web, db].map(({ workload, pods }) =>
    object(
      'discovery.k8s.io/v1',
      'EndpointSlice',
      `${workload.metadata.name}-x`,
      {
        metadata: { labels: { 'kubernetes.io/service-name': workload.metadata.name } },
        addressType: 'IPv4',
        ports: [{ port: 8080 }],
        endpoints: pods.map((pod) => ({
          addresses: ['10.1.1.1'],
          conditions: { ready: true, serving: true },
          targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: ns },
        })),
      },
      ns,
    ),
  )
  const old = { lastTimestamp: ago(50), firstTimestamp: ago(58), count: 2 }
  return [
    namespace(ns, { 'pod-security.kubernetes.io/enforce': 'baseline' }),
    ...web.objects,
    ...db.objects,
    ...agent.objects,
    ...off.objects,
    cron,
    job,
    suspended,
    ...slices,
    service('web', { app: 'web' }, { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }, ns),
    service('db', { app: 'db' }, { clusterIP: 'None', ports: [{ port: 5432, targetPort: 5432 }] }, ns),
    object('v1', 'ConfigMap', 'settings', { data: { 'app.yaml': 'mode: fast\n' } }, ns),
    object(
      'v1',
      'Secret',
      'tls',
      { type: 'kubernetes.io/tls', data: { 'tls.crt': '(hidden, 9 bytes)', 'tls.key': '(hidden, 9 bytes)' } },
      ns,
    ),
    object('v1', 'ServiceAccount', 'default', {}, ns),
    object(
      'rbac.authorization.k8s.io/v1',
      'Role',
      'reader',
      { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }] },
      ns,
    ),
    object(
      'rbac.authorization.k8s.io/v1',
      'RoleBinding',
      'reader',
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: ns }],
      },
      ns,
    ),
    object(
      'networking.k8s.io/v1',
      'Ingress',
      'web',
      {
        spec: {
          ingressClassName: 'nginx',
          tls: [{ hosts: [`${ns}.example.com`], secretName: 'tls' }],
          rules: [
            {
              host: `${ns}.example.com`,
              http: {
                paths: [
                  { path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } },
                ],
              },
            },
          ],
        },
        status: { loadBalancer: { ingress: [{ ip: '203.0.113.4' }] } },
      },
      ns,
    ),
    object(
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      'web',
      {
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          minReplicas: 3,
          maxReplicas: 6,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
          ],
        },
        status: {
          currentReplicas: 3,
          desiredReplicas: 3,
          currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12 } } }],
          conditions: [
            { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' },
            { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' },
            {
              type: 'ScalingLimited',
              status: 'True',
              reason: 'TooFewReplicas',
              message: 'the desired replica count is less than the minimum replica count',
            },
          ],
        },
      },
      ns,
    ),
    object(
      'policy/v1',
      'PodDisruptionBudget',
      'web',
      {
        spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
        status: {
          currentHealthy: 3,
          desiredHealthy: 2,
          expectedPods: 3,
          disruptionsAllowed: 1,
          conditions: [{ type: 'DisruptionAllowed', status: 'True' }],
        },
      },
      ns,
    ),
    object(
      'networking.k8s.io/v1',
      'NetworkPolicy',
      'default-deny',
      { spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } },
      ns,
    ),
    object(
      'networking.k8s.io/v1',
      'NetworkPolicy',
      'allow',
      {
        spec: {
          podSelector: {},
          policyTypes: ['Ingress', 'Egress'],
          ingress: [{}],
          egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }, { to: [{ podSelector: {} }] }],
        },
      },
      ns,
    ),
    object(
      'v1',
      'ResourceQuota',
      'team',
      { spec: { hard: { pods: '50' } }, status: { hard: { pods: '50' }, used: { pods: '9' } } },
      ns,
    ),
    object(
      'v1',
      'LimitRange',
      'defaults',
      { spec: { limits: [{ type: 'Container', default: { memory: '256Mi' }, defaultRequest: { memory: '128Mi' } }] } },
      ns,
    ),
    object(
      'v1',
      'PersistentVolumeClaim',
      'data-db-0',
      {
        spec: {
          storageClassName: 'gp3',
          volumeName: `pv-${ns}`,
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '10Gi' } },
        },
        status: { phase: 'Bound', capacity: { storage: '10Gi' } },
      },
      ns,
    ),
    bare(
      object('v1', 'PersistentVolume', `pv-${ns}`, {
        spec: {
          storageClassName: 'gp3',
          capacity: { storage: '10Gi' },
          claimRef: { kind: 'PersistentVolumeClaim', namespace: ns, name: 'data-db-0' },
        },
        status: { phase: 'Bound' },
      }),
    ),
    event(web.pods[0]!, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', old),
    event(web.pods[1]!, 'FailedScheduling', '0/3 nodes are available: 3 Insufficient cpu.', old),
    event(web.pods[2]!, 'BackOff', 'Back-off pulling image "x"', old),
    event(
      db.pods[0]!,
      'FailedMount',
      'MountVolume.SetUp failed for volume "data": timed out waiting for the condition',
      old,
    ),
    event(web.workload, 'ScalingReplicaSet', 'Scaled up', { ...old, type: 'Normal' }),
  ]
}

function furniture(): KubeObject[] {
  const dns = app('coredns', { namespace: 'kube-system', replicas: 2 })
  const guard = app('guard', { namespace: 'kube-system', replicas: 2 })
  return [
    namespace('kube-system'),
    namespace('default'),
    node('node-a'),
    node('node-b'),
    node('node-c', {
      spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
    }),
    ...dns.objects,
    ...guard.objects,
    service(
      'kube-dns',
      { app: 'coredns' },
      { clusterIP: '10.96.0.10', ports: [{ port: 53, protocol: 'UDP', targetPort: 53 }] },
      'kube-system',
    ),
    service('guard', { app: 'guard' }, {}, 'kube-system'),
    service('kubernetes', {}, { selector: undefined, ports: [{ port: 443 }] }, 'default'),
    bare(
      object('storage.k8s.io/v1', 'StorageClass', 'gp3', {
        provisioner: 'ebs.csi.aws.com',
        metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      }),
    ),
    bare(object('networking.k8s.io/v1', 'IngressClass', 'nginx', { spec: { controller: 'k8s.io/ingress-nginx' } })),
    bare(
      object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'guard', {
        webhooks: [
          {
            name: 'guard.example.com',
            failurePolicy: 'Fail',
            clientConfig: { service: { name: 'guard', namespace: 'kube-system' } },
          },
        ],
      }),
    ),
    object(
      'cert-manager.io/v1',
      'Certificate',
      'site',
      {
        spec: { secretName: 'site-tls', dnsNames: ['x.example.com'] },
        status: { conditions: [{ type: 'Ready', status: 'True' }], notAfter: '2027-02-20T12:00:00Z' },
      },
      'default',
    ),
    object(
      'argoproj.io/v1alpha1',
      'Application',
      'shop',
      { spec: {}, status: { sync: { status: 'Synced' }, health: { status: 'Healthy' } } },
      'default',
    ),
    object('v1', 'Secret', 'site-tls', { type: 'kubernetes.io/tls', data: { 'tls.crt': 'x' } }, 'default'),
  ]
}

describe('a healthy world', () => {
  const objects = [...furniture(), ...Array.from({ length: 13 }, (_, index) => team(index)).flat()]
  const logs = objects
    .filter(({ kind }) => kind === 'Pod')
    .map(({ metadata }) => ({
      namespace: metadata.namespace ?? '',
      pod: metadata.name,
      container: metadata.name.replace(/-.*/, ''),
      previous: false,
      text: `${ago(90)} ERROR transient: read tcp: i/o timeout (attempt 1/3)\n${ago(90)} INFO attempt 2/3 ok\n${ago(1)} INFO heartbeat`,
    }))
  const snapshot = new Snapshot({ objects, logs, now: NOW })

  test('has 500 objects of many kinds', () => {
    expect(objects.length).toBeGreaterThanOrEqual(500)
    expect(new Set(objects.map(({ kind }) => kind)).size).toBeGreaterThan(25)
  })

  test('gives no finding of severity warning or critical', () => {
    const diagnosis = diagnose(snapshot)
    expect(
      diagnosis.findings
        .filter(({ severity }) => severity !== 'info')
        .map(({ summary, check }) => `${check}: ${summary}`),
    ).toEqual([])
    expect(diagnosis).toMatchObject({ healthy: true, partial: [] })
  })
})
