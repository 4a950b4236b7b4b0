// Autoscalers, disruption budgets, the metrics API, quotas and limits.
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../../src/objects/object.ts'
import { ago, app, diagnoseWorld, event, node, object, rootNames, roots, service, wordsOf } from '../build.ts'

// biome-ignore lint/suspicious/noExplicitAny: fields as the API prints them
type Fields = Record<string, any>
const cluster = (made: KubeObject) => {
  delete made.metadata.namespace
  return made
}
const CPU = { container: { resources: { requests: { cpu: '100m' } } } }
function hpa(status: Fields = {}, spec: Fields = {}): KubeObject {
  const metrics = [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
  ]
  return object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 4,
      metrics,
      ...spec,
    },
    status: { currentReplicas: 2, ...status },
  })
}
const condition = (type: string, status: string, reason: string, message = '', minutes = 30) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: ago(minutes),
})
const ACTIVE = condition('ScalingActive', 'True', 'ValidMetricFound')
const NO_METRICS =
  'the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)'

describe('autoscalers', () => {
  test('a target that does not exist, with the nearest', () => {
    const found = diagnoseWorld([
      ...app('web').objects,
      hpa({}, { scaleTargetRef: { kind: 'Deployment', name: 'wep' } }),
    ])
    expect(rootNames(found)).toEqual(['HorizontalPodAutoscaler/web hpa-target'])
    expect(wordsOf(roots(found)[0])).toMatch(/no Deployment wep.*nearest: web/s)
  })

  test('pods without a request', () => {
    const failing = hpa({
      conditions: [
        condition(
          'ScalingActive',
          'False',
          'FailedGetResourceMetric',
          'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container web of Pod web-x',
        ),
      ],
    })
    const found = diagnoseWorld([...app('web').objects, failing])
    expect(rootNames(found)).toEqual(['HorizontalPodAutoscaler/web hpa-metrics'])
    expect(wordsOf(roots(found)[0])).toMatch(/no cpu request.*container web/s)
    // what metrics-server writes for a sidecar that does next to nothing
    const idle = app('web')
    const used = idle.pods.map((pod, index) =>
      object('metrics.k8s.io/v1beta1', 'PodMetrics', pod.metadata.name, {
        containers: [{ name: 'web', usage: { cpu: index === 0 ? '13502u' : '28m' } }],
      }),
    )
    expect(roots(diagnoseWorld([...idle.objects, ...used, failing]))[0]?.remedy).toMatch(/web uses up to 28m now/)
  })

  test("metrics that are missing are the metrics API's trouble", () => {
    const api = cluster(
      object('apiregistration.k8s.io/v1', 'APIService', 'v1beta1.metrics.k8s.io', {
        spec: { group: 'metrics.k8s.io', service: { namespace: 'kube-system', name: 'metrics-server' } },
        status: {
          conditions: [
            condition(
              'Available',
              'False',
              'MissingEndpoints',
              'endpoints for service/metrics-server in "kube-system" have no addresses',
            ),
          ],
        },
      }),
    )
    const crashed = app('metrics-server', {
      namespace: 'kube-system',
      replicas: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: ago(2) } },
      restarts: 9,
    })
    const failing = hpa({ conditions: [condition('ScalingActive', 'False', 'FailedGetResourceMetric', NO_METRICS)] })
    const found = diagnoseWorld([
      ...app('web', CPU).objects,
      failing,
      api,
      ...crashed.objects,
      service('metrics-server', { app: 'metrics-server' }, {}, 'kube-system'),
    ])
    expect([...new Set(roots(found).map(({ object }) => `${object.kind}/${object.name}`))]).toEqual([
      'Deployment/metrics-server',
    ])
    const alone = diagnoseWorld([...app('web', CPU).objects, failing, api])
    expect(rootNames(alone)).toEqual(['APIService/v1beta1.metrics.k8s.io metrics-api'])
  })

  test('a metrics-server scaled to zero is missed by the API server itself', () => {
    const api = cluster(
      object('apiregistration.k8s.io/v1', 'APIService', 'v1beta1.metrics.k8s.io', {
        spec: { group: 'metrics.k8s.io', service: { namespace: 'kube-system', name: 'metrics-server' } },
        status: { conditions: [condition('Available', 'False', 'MissingEndpoints', 'no addresses')] },
      }),
    )
    const off = app('metrics-server', { namespace: 'kube-system', replicas: 0 })
    const found = diagnoseWorld([
      api,
      ...off.objects,
      service('metrics-server', { app: 'metrics-server' }, {}, 'kube-system'),
    ])
    expect(rootNames(found)).toEqual(['Deployment/metrics-server service-endpoints'])
  })

  test('a metrics-server that runs but cannot scrape', () => {
    const server = app('metrics-server', { namespace: 'kube-system', replicas: 1 })
    const [pod] = server.pods as [KubeObject]
    pod.metadata.labels = { 'k8s-app': 'metrics-server' }
    const failing = hpa({
      conditions: [
        condition(
          'ScalingActive',
          'False',
          'FailedGetResourceMetric',
          'failed to get cpu utilization: no metrics returned from resource metrics API',
        ),
      ],
    })
    const text =
      'E1120 11:59:00 scraper.go:149] "Failed to scrape node" err="Get https://10.0.0.4:10250/metrics/resource: x509: cannot validate certificate for 10.0.0.4"\n'
    const said = [
      { namespace: 'kube-system', pod: pod.metadata.name, container: 'metrics-server', previous: false, text },
    ]
    const world = [...app('web', CPU).objects, ...server.objects]
    expect(
      diagnoseWorld([...world, failing], said)
        .findings.find(({ check }) => check === 'metrics-server')
        ?.explains.map(({ name }) => name),
    ).toEqual(['web'])
    expect(
      diagnoseWorld([...world, hpa({ conditions: [ACTIVE] })], said).findings.some(
        ({ check }) => check === 'metrics-server',
      ),
    ).toBe(false)
  })

  test('at the maximum while the load is above target', () => {
    const limited = condition(
      'ScalingLimited',
      'True',
      'TooManyReplicas',
      'the desired replica count is more than the maximum replica count',
    )
    const metrics = (percent: number) => [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: percent } } },
    ]
    const full = hpa({
      currentReplicas: 4,
      desiredReplicas: 4,
      conditions: [ACTIVE, limited],
      currentMetrics: metrics(96),
    })
    expect(rootNames(diagnoseWorld([...app('web', { ...CPU, replicas: 4 }).objects, full]))).toEqual([
      'HorizontalPodAutoscaler/web hpa-maximum',
    ])
    expect(roots(diagnoseWorld([...app('web', { ...CPU, replicas: 4 }).objects, full]))[0]?.action).toMatchObject({
      verb: 'update-hpa',
      max: 6,
    })
    const content = hpa({ currentReplicas: 4, conditions: [ACTIVE, limited], currentMetrics: metrics(71) })
    expect(diagnoseWorld([...app('web', { ...CPU, replicas: 4 }).objects, content]).healthy).toBe(true)
  })

  test('silent: at the minimum, scaled to zero, measuring', () => {
    const few = hpa({
      conditions: [
        ACTIVE,
        condition(
          'ScalingLimited',
          'True',
          'TooFewReplicas',
          'the desired replica count is less than the minimum replica count',
        ),
      ],
    })
    expect(diagnoseWorld([...app('web', CPU).objects, few]).healthy).toBe(true)
    const off = hpa({
      conditions: [
        condition(
          'ScalingActive',
          'False',
          'ScalingDisabled',
          'scaling is disabled since the replica count of the target is zero',
        ),
      ],
    })
    expect(diagnoseWorld([...app('web', { replicas: 0 }).objects, off]).healthy).toBe(true)
  })
})

describe('disruption budgets', () => {
  const budget = (spec: Fields, status: Fields) =>
    object('policy/v1', 'PodDisruptionBudget', 'web', {
      spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
      status,
    })
  const never = budget(
    { minAvailable: 2 },
    { currentHealthy: 2, desiredHealthy: 2, disruptionsAllowed: 0, expectedPods: 2 },
  )
  const cordoned = node('node-c', {
    spec: {
      unschedulable: true,
      taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: ago(40) }],
    },
  })
  function onC() {
    const made = app('web')
    ;(made.pods[0] as KubeObject).spec.nodeName = 'node-c'
    return made.objects
  }

  test('a drain that can never finish', () => {
    const found = diagnoseWorld([cordoned, ...onC(), never])
    expect(rootNames(found)).toEqual(['PodDisruptionBudget/web disruption-budget'])
    expect(wordsOf(roots(found)[0])).toMatch(
      /minAvailable 2 with 2 replicas.*drain of node-c|drain of node-c.*minAvailable 2 with 2 replicas/s,
    )
  })

  test('without a drain it is only worth knowing', () => {
    const found = diagnoseWorld([...app('web').objects, never])
    expect(found.findings.map(({ check, severity }) => [check, severity])).toEqual([['disruption-budget', 'info']])
  })

  test('a budget that allows an eviction is silent', () => {
    expect(
      diagnoseWorld([
        cordoned,
        ...onC(),
        budget({ minAvailable: 1 }, { currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1, expectedPods: 2 }),
      ]).healthy,
    ).toBe(true)
  })

  test('silent: a drain that proceeds, one evicted pod starting anew', () => {
    const made = app('web', { replicas: 3, ready: 2, pod: { sick: true } })
    const [first, , third] = made.pods as [KubeObject, KubeObject, KubeObject]
    first.spec.nodeName = 'node-c'
    third.metadata.creationTimestamp = ago(1)
    third.status = { phase: 'Pending', conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(1) }] }
    const busy = budget(
      { maxUnavailable: 1 },
      { currentHealthy: 2, desiredHealthy: 2, disruptionsAllowed: 0, expectedPods: 3 },
    )
    const found = diagnoseWorld([cordoned, ...made.objects, busy])
    expect(found.findings.some(({ check }) => check === 'disruption-budget')).toBe(false)
  })

  test('pods that are ill make the budget a symptom', () => {
    const made = app('web', {
      ready: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, finishedAt: ago(1) } },
      restarts: 5,
    })
    ;(made.pods[0] as KubeObject).spec.nodeName = 'node-c'
    const found = diagnoseWorld([
      cordoned,
      ...made.objects,
      budget({ minAvailable: 1 }, { currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 2 }),
    ])
    expect([...new Set(roots(found).map(({ object }) => object.kind))]).toEqual(['Deployment'])
  })

  test('a budget that selects nothing informs', () => {
    const lost = budget({ selector: { matchLabels: { app: 'wep' } } }, { expectedPods: 0, disruptionsAllowed: 0 })
    expect(
      diagnoseWorld([...app('web').objects, lost]).findings.map(({ check, severity }) => [check, severity]),
    ).toEqual([['disruption-budget-selector', 'info']])
  })
})

describe('quotas and limits', () => {
  const quota = (used: string) =>
    object('v1', 'ResourceQuota', 'compute', {
      status: { hard: { 'requests.cpu': '1', pods: '0' }, used: { 'requests.cpu': used, pods: '0' } },
    })

  test('a quota that is nearly used up informs, with who uses it', () => {
    const [found] = diagnoseWorld([...app('web', CPU).objects, quota('950m')]).findings
    expect([found?.check, found?.severity]).toEqual(['quota-near', 'info'])
    expect(wordsOf(found)).toMatch(/at 95 %.*Deployment web with 200m/s)
    expect(diagnoseWorld([...app('web', CPU).objects, quota('500m')]).findings).toEqual([])
  })

  test('a LimitRange that refuses the pods', () => {
    const made = app('web', {
      replicas: 1,
      ready: 0,
      pod: { sick: true },
      container: { resources: { limits: { memory: '4Gi' } } },
    })
    const [, owner] = made.objects as [KubeObject, KubeObject]
    const refused = event(
      owner,
      'FailedCreate',
      'Error creating: pods "web-x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 4Gi',
    )
    const range = object('v1', 'LimitRange', 'limits', {
      spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] },
    })
    const found = diagnoseWorld([...made.objects.filter(({ kind }) => kind !== 'Pod'), refused, range])
    expect(wordsOf(found.findings.find(({ check }) => check === 'limit-range'))).toMatch(
      /web has memory 4Gi, the maximum is 1Gi/,
    )
    expect(diagnoseWorld([...app('web').objects, range]).healthy).toBe(true)
  })
})
