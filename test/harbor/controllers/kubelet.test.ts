import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Lab, startLab } from './lab.ts'

let lab: Lab
beforeEach(() => {
  lab = startLab()
})
afterEach(() => lab.stop())

const get = (name = 'p') => lab.world.get('Pod', 'shop', name)
const first = (name = 'p') => get(name).status.containerStatuses[0]

function pod(spec: string, annotations = '{}', name = 'p'): void {
  lab.apply(
    `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: shop, annotations: ${annotations}}, spec: {${spec}}}`,
  )
}
const APP = "containers: [{name: app, image: 'nginx:1.27'}]"

test('a pod goes from ContainerCreating to ready in about a second, with the events of a kubelet', () => {
  pod(APP)
  lab.pass(0.1)
  expect(first().state).toEqual({ waiting: { reason: 'ContainerCreating' } })
  lab.pass(1)
  expect(get().status).toMatchObject({ phase: 'Running', podIP: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) })
  expect(
    get().status.conditions.map(({ type, status }: { type: string; status: string }) => `${type}=${status}`),
  ).toEqual([
    'PodReadyToStartContainers=True',
    'Initialized=True',
    'Ready=True',
    'ContainersReady=True',
    'PodScheduled=True',
  ])
  const said = lab.events('p').map((event) => String(event.split(':')[0]))
  expect(said.sort()).toEqual([
    'Normal Created',
    'Normal Pulled',
    'Normal Pulling',
    'Normal Scheduled',
    'Normal Started',
  ])
  expect(lab.log(get(), 'app').length).toBeGreaterThan(0)
})

test('a crash loop backs off 10 s, 20 s, … 300 s, with rising counts and the log of the run before', () => {
  pod(APP, '{practice.firstmate.dev/crash: "3", practice.firstmate.dev/logs: "one\\ntwo"}')
  lab.pass(6)
  expect(first()).toMatchObject({
    restartCount: 1,
    ready: false,
    state: {
      waiting: {
        reason: 'CrashLoopBackOff',
        message: expect.stringMatching(/^back-off 10s restarting failed container=app pod=p_shop\(/),
      },
    },
    lastState: { terminated: { exitCode: 3, reason: 'Error' } },
  })
  expect(lab.log(get(), 'app', true)).toEqual(['one', 'two'])
  const delays = new Set<string>()
  for (let second = 0; second < 2000; second++) {
    lab.pass(1)
    const delay = /^back-off (\S+)/.exec(first().state.waiting?.message ?? '')?.[1]
    if (delay) delays.add(delay)
  }
  expect([...delays]).toEqual(['10s', '20s', '40s', '1m20s', '2m40s', '5m0s'])
  expect(first().restartCount).toBeGreaterThan(7)
  expect(lab.events('p').join()).toContain('Warning BackOff: Back-off restarting failed container app in pod p_shop(')
})

test('a missing ConfigMap keeps a container from being created until it is there', () => {
  pod("containers: [{name: app, image: 'nginx:1.27', envFrom: [{configMapRef: {name: settings}}]}]")
  lab.pass(30)
  expect(first().state.waiting).toEqual({
    reason: 'CreateContainerConfigError',
    message: 'configmap "settings" not found',
  })
  expect(lab.events('p')).toContain('Warning Failed: Error: configmap "settings" not found')
  lab.apply('{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {A: b}}')
  lab.pass(3)
  expect(first().ready).toBe(true)
})

test('a missing Secret key is named', () => {
  lab.apply('{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: shop}, data: {a: YQ==}}')
  pod("containers: [{name: app, image: 'nginx:1.27', env: [{name: X, valueFrom: {secretKeyRef: {name: s, key: b}}}]}]")
  lab.pass(5)
  expect(first().state.waiting.message).toBe("couldn't find key b in Secret shop/s")
})

test('a volume that cannot be mounted leaves the pod in ContainerCreating with FailedMount', () => {
  pod("volumes: [{name: v, secret: {secretName: tls}}], containers: [{name: app, image: 'nginx:1.27'}]")
  lab.pass(20)
  expect(first().state.waiting.reason).toBe('ContainerCreating')
  expect(lab.events('p')).toContain(
    'Warning FailedMount: MountVolume.SetUp failed for volume "v" : secret "tls" not found',
  )
  lab.apply('{apiVersion: v1, kind: Secret, metadata: {name: tls, namespace: shop}}')
  lab.pass(6)
  expect(first().ready).toBe(true)
})

test.each([
  ['registry.example.com/app:doesnotexist', 'ImagePullBackOff', /not found/],
  ['registry.invalid/app:1', 'ImagePullBackOff', /no such host/],
  ['Bad Image', 'InvalidImageName', /couldn't parse image name/],
])('image %s ends in %s', (image, reason, message) => {
  pod(`containers: [{name: app, image: '${image}'}]`)
  lab.pass(20)
  expect(first().state.waiting.reason).toBe(reason)
  expect(first().state.waiting.message).toMatch(message)
})

test('another image in a running pod restarts its container', () => {
  pod(APP)
  lab.pass(3)
  lab.world.modify('Pod', 'shop', 'p', (draft) => void (draft.spec.containers[0].image = 'nginx:1.28'))
  lab.pass(5)
  expect(first()).toMatchObject({ restartCount: 1, ready: true, image: 'docker.io/library/nginx:1.28' })
})

test('readiness waits for its probe, and a failing one is reported', () => {
  const probe = 'readinessProbe: {httpGet: {path: /, port: 80}, initialDelaySeconds: 5}'
  pod(`containers: [{name: app, image: 'nginx:1.27', ${probe}}]`)
  pod(`containers: [{name: app, image: 'nginx:1.27', ${probe}}]`, '{lab/ready: "false"}', 'q')
  lab.pass(3)
  expect(first().ready).toBe(false)
  lab.pass(5)
  expect(first().ready).toBe(true)
  lab.pass(60)
  expect(first('q').ready).toBe(false)
  expect(lab.events('q')).toContain('Warning Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503')
})

test('init containers run first, one after the other; a failing one holds the pod', () => {
  const init = "initContainers: [{name: one, image: 'busybox:1'}, {name: two, image: 'busybox:1', command: ['false']}]"
  pod(`${init}, ${APP}`)
  lab.pass(10)
  expect(get().status.initContainerStatuses.map(({ ready }: { ready: boolean }) => ready)).toEqual([true, false])
  expect(get().status.phase).toBe('Pending')
  expect(first().state.waiting.reason).toBe('PodInitializing')
  expect(get().status.conditions[1]).toMatchObject({
    reason: 'ContainersNotInitialized',
    message: 'containers with incomplete status: [two]',
  })
})

test('restartPolicy decides what follows an end', () => {
  const run = "containers: [{name: app, image: busybox, command: [sh, -c, 'sleep 2; exit 0']}]"
  pod(`restartPolicy: Never, ${run}`)
  pod(`restartPolicy: OnFailure, ${run.replace('exit 0', 'exit 1')}`, '{}', 'q')
  lab.pass(10)
  expect(get().status.phase).toBe('Succeeded')
  expect(first('q').restartCount).toBeGreaterThan(0)
  expect(get('q').status.phase).toBe('Running')
})

test('a pod that is deleted gets its time to stop', () => {
  pod(`terminationGracePeriodSeconds: 20, ${APP}`, '{practice.firstmate.dev/terminationDelay: "5"}')
  lab.pass(3)
  lab.world.delete('Pod', 'shop', 'p')
  lab.pass(4)
  expect(get().metadata.deletionGracePeriodSeconds).toBe(20)
  expect(lab.events('p')).toContain('Normal Killing: Stopping container app')
  lab.pass(2)
  expect(lab.world.find('Pod', 'shop', 'p')).toBeUndefined()
})

test('repeated events are counted, similar ones combined', () => {
  pod(APP, '{lab/waiting: CrashLoopBackOff}')
  lab.pass(300)
  const [event] = lab.world.list('Event').filter(({ reason }) => reason === 'BackOff')
  expect(event?.count).toBeGreaterThan(5)
})

test('hostile annotations and names do no harm', () => {
  pod(
    APP,
    '{lab/crash: "NaN", lab/crashAfter: "-1e99", lab/logs: "", lab/logsConfigMap: "__proto__", lab/liveness: "x"}',
    'constructor',
  )
  lab.pass(30)
  expect(get('constructor').status.phase).toBe('Running')
})
