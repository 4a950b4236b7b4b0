// Containers that do not get as far as running, or run and are not ready.
import { describe, expect, test } from 'vitest'
import {
  type App,
  ago,
  app,
  CRASH,
  diagnoseWorld,
  ended,
  event,
  logs,
  object,
  replicaSet,
  rootNames,
  roots,
  service,
  wordsOf,
} from './build.ts'

const waiting = (reason: string, message = '') => ({ waiting: { reason, message } })

describe('images', () => {
  const pull = (message: string, options: Parameters<typeof app>[1] = {}) =>
    app('api', { state: waiting('ImagePullBackOff', `Back-off pulling image: ErrImagePull: ${message}`), ...options })
  const secret = (name: string, type = 'kubernetes.io/dockerconfigjson') =>
    object('v1', 'Secret', name, { type, data: { '.dockerconfigjson': '(hidden, 10 bytes)' } })
  const withSecret = { spec: { imagePullSecrets: [{ name: 'regcred' }] } }
  const rows: [name: string, message: string, word: RegExp][] = [
    [
      'a tag that does not exist',
      'rpc error: code = NotFound desc = failed to resolve reference "x:1": not found',
      /does not exist.*tag 1\.0\.0/,
    ],
    ['Docker Hub says manifest unknown', 'manifest unknown: manifest unknown', /does not exist/],
    ['a registry that limits', 'toomanyrequests: You have reached your pull rate limit', /limits pulls/],
    ['a registry that is down', 'dial tcp 10.9.9.9:443: connect: connection refused', /cannot be reached/],
    [
      'a registry whose name is unknown',
      'dial tcp: lookup registry.example.com: no such host',
      /name cannot be resolved/,
    ],
    ['another architecture', 'no match for platform in manifest: not found', /architecture amd64/],
    [
      'an unknown certificate',
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      /certificate/,
    ],
    ['no space on the node', 'write /var/lib/containerd/x: no space left on device', /node-a/],
    ['no pull secret', 'failed to authorize: 401 Unauthorized', /no imagePullSecret/],
  ]
  for (const [name, message, word] of rows) {
    test(name, () => {
      const [root, ...more] = roots(diagnoseWorld(pull(message).objects))
      expect([root?.check, more.length]).toEqual(['image-pull', 0])
      expect(wordsOf(root)).toMatch(word)
    })
  }

  test('a pull secret that does not exist is the root, for all workloads that use it', () => {
    const said = 'failed to authorize: 401 Unauthorized'
    const web = app('web', { state: waiting('ImagePullBackOff', `ErrImagePull: ${said}`), ...withSecret })
    const diagnosis = diagnoseWorld([...pull(said, withSecret).objects, ...web.objects, secret('reg-cred')])
    expect(new Set(roots(diagnosis).map(({ object: ref }) => `${ref.kind}/${ref.name}`))).toEqual(
      new Set(['Secret/regcred']),
    )
    expect(wordsOf(roots(diagnosis)[0])).toMatch(/nearest: reg-cred/)
  })

  test('a pull secret of the wrong type', () => {
    expect(
      wordsOf(roots(diagnoseWorld([...pull('401 Unauthorized', withSecret).objects, secret('regcred', 'Opaque')]))[0]),
    ).toMatch(/type Opaque/)
  })

  test('a login that is not accepted', () => {
    expect(
      wordsOf(roots(diagnoseWorld([...pull('pull access denied', withSecret).objects, secret('regcred')]))[0]),
    ).toMatch(/not accepted/)
  })

  test('an invalid name', () => {
    expect(
      wordsOf(
        roots(diagnoseWorld(app('api', { state: waiting('InvalidImageName', 'invalid reference format') }).objects))[0],
      ),
    ).toMatch(/no valid image name/)
  })

  test('the previous revision is fine: roll back', () => {
    const made = pull('not found', { replicas: 3, ready: 2 })
    made.objects[1]!.metadata.creationTimestamp = ago(35)
    const old = replicaSet(
      made.workload,
      0,
      { spec: { containers: [{ name: 'api', image: 'registry.example.com/api:0.9.0' }] } },
      { replicas: 2, ready: 2, minutes: 9000 },
    )
    const [root] = roots(diagnoseWorld([...made.objects, old]))
    expect(root?.action).toMatchObject({ verb: 'rollback' })
    expect(wordsOf(root)).toMatch(/0\.9\.0/)
  })

  test('a back-off of an hour ago on a pod that runs is nothing', () => {
    const made = app('api')
    expect(
      diagnoseWorld([
        ...made.objects,
        event(made.pods[0]!, 'BackOff', 'Back-off pulling image "x"', { lastTimestamp: ago(50) }),
      ]).findings,
    ).toEqual([])
  })
})

describe('configuration that is not there', () => {
  const config = (message: string, container = {}) =>
    app('api', { state: waiting('CreateContainerConfigError', message), container })

  test('a missing Secret, with the nearest name', () => {
    const made = config('secret "api-database" not found', {
      env: [{ name: 'PASS', valueFrom: { secretKeyRef: { name: 'api-database', key: 'p' } } }],
    })
    const [root] = roots(diagnoseWorld([...made.objects, object('v1', 'Secret', 'api-db', { data: { p: 'x' } })]))
    expect(root?.object).toMatchObject({ kind: 'Secret', name: 'api-database' })
    expect(wordsOf(root)).toMatch(/there is a Secret api-db/)
    expect(wordsOf(root)).toMatch(/env PASS of container api/)
  })

  test('a missing key, with the keys there are', () => {
    const made = config("couldn't find key PASSWORD in Secret shop/smtp")
    const [root] = roots(
      diagnoseWorld([...made.objects, object('v1', 'Secret', 'smtp', { data: { PASSWD: 'x', host: 'y' } })]),
    )
    expect(root?.object).toMatchObject({ kind: 'Secret', name: 'smtp' })
    expect(wordsOf(root)).toMatch(/it has a key PASSWD/)
  })

  test('a ConfigMap missing for a volume', () => {
    const made = app('api', {
      state: waiting('ContainerCreating'),
      spec: { volumes: [{ name: 'conf', configMap: { name: 'api-conf' } }] },
    })
    const diagnosis = diagnoseWorld([
      ...made.objects,
      event(
        made.pods[0]!,
        'FailedMount',
        'MountVolume.SetUp failed for volume "conf" : configmap "api-conf" not found',
      ),
    ])
    expect(rootNames(diagnosis)).toEqual(['ConfigMap/api-conf config-missing'])
  })

  test('one missing ConfigMap for two workloads is one root cause', () => {
    const said = 'configmap "shared" not found'
    const both = [
      app('api', { state: waiting('CreateContainerConfigError', said) }),
      app('web', { state: waiting('CreateContainerConfigError', said) }),
    ]
    const diagnosis = diagnoseWorld(both.flatMap(({ objects }) => objects))
    expect(rootNames(diagnosis)).toEqual(['ConfigMap/shared config-missing'])
    expect(roots(diagnosis)[0]?.explains.map(({ name }) => name)).toEqual(expect.arrayContaining(['api', 'web']))
  })

  test('an optional one is not missing', () => {
    const made = app('api', { container: { envFrom: [{ configMapRef: { name: 'extra', optional: true } }] } })
    expect(diagnoseWorld(made.objects).findings).toEqual([])
  })

  test('running as root is refused by the kubelet', () => {
    const [root] = roots(diagnoseWorld(config('container has runAsNonRoot and image will run as root').objects))
    expect(root?.check).toBe('container-start')
    expect(wordsOf(root)).toMatch(/runAsNonRoot is true/)
  })
})

describe('containers that cannot start', () => {
  const rows: [message: string, word: RegExp][] = [
    [
      'OCI runtime create failed: exec: "srv": executable file not found in $PATH: unknown',
      /command "srv" does not exist/,
    ],
    ['exec: "/app/run.sh": permission denied: unknown', /may not be executed/],
    ['error mounting "/var/lib/x" to rootfs at "/etc/app.conf": not a directory: unknown', /at \/etc\/app\.conf/],
    [
      'failed to create containerd task: unable to find user web: no matching entries in passwd file',
      /user web does not exist/,
    ],
    ['exec /app: exec format error', /processor architecture/],
    ['something quite new', /something quite new/],
  ]
  for (const [message, word] of rows) {
    test(message, () => {
      const [root, ...more] = roots(diagnoseWorld(app('api', { state: waiting('RunContainerError', message) }).objects))
      expect([root?.check, more.length]).toEqual(['container-start', 0])
      expect(wordsOf(root)).toMatch(word)
    })
  }

  test('crash-looping because the command does not exist', () => {
    const made = app('api', {
      state: CRASH,
      lastState: {
        terminated: {
          exitCode: 128,
          reason: 'StartError',
          message: 'exec: "srv": executable file not found in $PATH',
          finishedAt: ago(1),
        },
      },
      restarts: 4,
    })
    expect(wordsOf(roots(diagnoseWorld(made.objects))[0])).toMatch(/command "srv" does not exist/)
  })

  test('a node that cannot make networks', () => {
    const made = app('api', { state: waiting('ContainerCreating') })
    const said = 'Failed to create pod sandbox: plugin type="calico" failed (add): no IP addresses available in range'
    expect(
      wordsOf(
        roots(
          diagnoseWorld([...made.objects, ...made.pods.map((pod) => event(pod, 'FailedCreatePodSandBox', said))]),
        )[0],
      ),
    ).toMatch(/no pod addresses are left/)
  })
})

describe('probes', () => {
  const running = { running: { startedAt: ago(30) } }
  const probing = (probe: object, field = 'readinessProbe') => ({
    container: { ports: [{ containerPort: 8080, name: 'http' }], [field]: probe },
  })
  const http = (port: number | string, path = '/healthz') => ({ httpGet: { port, path }, periodSeconds: 10 })
  function unhealthy(made: App, said: string) {
    return made.pods
      .filter(({ status }) => status.conditions[0].status !== 'True')
      .map((pod) => event(pod, 'Unhealthy', said, { count: 40 }))
  }

  const rows: [name: string, said: string, probe: object, word: RegExp][] = [
    [
      'a path that is not served',
      'Readiness probe failed: HTTP probe failed with statuscode: 404',
      http(8080),
      /path \/healthz, which answers 404/,
    ],
    [
      'a path behind a login',
      'Readiness probe failed: HTTP probe failed with statuscode: 401',
      http(8080),
      /wants a login/,
    ],
    [
      'a port nobody declares',
      'Readiness probe failed: Get "http://10.1.1.1:9090/healthz": dial tcp 10.1.1.1:9090: connect: connection refused',
      http(9090),
      /declares only port 8080/,
    ],
    [
      'a port name that does not exist',
      'Readiness probe errored: strconv.Atoi: parsing "web": invalid syntax',
      http('web'),
      /no port named web/,
    ],
    [
      'plain HTTP asked by HTTPS',
      'Readiness probe failed: Get "https://10.1.1.1:8080/": http: server gave HTTP response to HTTPS client',
      http(8080),
      /scheme of the readinessProbe to HTTP/,
    ],
    [
      'too slow',
      'Readiness probe failed: Get "http://10.1.1.1:8080/": context deadline exceeded',
      http(8080),
      /no answer within 1 s/,
    ],
    [
      'the application says no',
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
      http(8080),
      /says it is not well/,
    ],
    [
      'a command that is not there',
      'Readiness probe failed: exec: "pg_isread": executable file not found in $PATH',
      { exec: { command: ['pg_isread'] } },
      /cannot run/,
    ],
  ]
  for (const [name, said, probe, word] of rows) {
    test(name, () => {
      const made = app('api', { state: running, ...probing(probe) })
      const [root, ...more] = roots(diagnoseWorld([...made.objects, ...unhealthy(made, said)]))
      expect([root?.check, more.length]).toEqual(['probe-failing', 0])
      expect(wordsOf(root)).toMatch(word)
    })
  }

  test('the port that the log says it listens on', () => {
    const made = app('api', { state: running, container: { readinessProbe: http(8080) } })
    const diagnosis = diagnoseWorld(
      [
        ...made.objects,
        ...unhealthy(made, 'Readiness probe failed: dial tcp 10.1.1.1:8080: connect: connection refused'),
      ],
      logs(made, 'INFO server listening on 0.0.0.0:3000'),
    )
    expect(wordsOf(roots(diagnosis)[0])).toMatch(/listens on port 3000/)
  })

  test('not ready because of its database: the database is the root', () => {
    const db = app('db', { replicas: 1, state: CRASH, lastState: ended(1), restarts: 5 })
    const made = app('api', { state: running, ...probing(http(8080)) })
    const diagnosis = diagnoseWorld(
      [
        ...db.objects,
        service('db', { app: 'db' }, { ports: [{ port: 5432 }] }),
        ...made.objects,
        ...unhealthy(made, 'Readiness probe failed: HTTP probe failed with statuscode: 503'),
      ],
      logs(made, `${ago(1)} ERROR dial tcp db:5432: connect: connection refused`),
    )
    expect(rootNames(diagnosis)).toEqual(['Deployment/db crash-loop'])
  })

  test('killed by its liveness probe', () => {
    const made = app('api', {
      state: CRASH,
      lastState: ended(137),
      restarts: 5,
      ...probing(http(8080, '/live'), 'livenessProbe'),
    })
    const events = made.pods.flatMap((pod) => [
      event(pod, 'Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 404', { count: 20 }),
      event(pod, 'Killing', 'Container api failed liveness probe, will be restarted', { type: 'Normal' }),
    ])
    const [root, ...more] = roots(diagnoseWorld([...made.objects, ...events]))
    expect([root?.check, more.length]).toEqual(['probe-failing', 0])
    expect(wordsOf(root)).toMatch(/404/)
  })

  test('a pod that has just started is given time', () => {
    const made = app('api', {
      replicas: 3,
      ready: 2,
      state: { running: { startedAt: ago(0.5) } },
      ...probing(http(8080)),
    })
    made.pods[2]!.status.conditions[0].lastTransitionTime = ago(0.5)
    expect(diagnoseWorld(made.objects).findings).toEqual([])
  })

  test('one failed probe of a ready pod is nothing', () => {
    const made = app('api', probing(http(8080)))
    expect(
      diagnoseWorld([
        ...made.objects,
        event(made.pods[0]!, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', {
          count: 1,
        }),
      ]).findings,
    ).toEqual([])
  })
})

describe('init containers', () => {
  const init = (status: object, container = {}) =>
    app('api', { replicas: 1, init: { container: { name: 'prepare', image: 'busybox:1.36', ...container }, status } })

  test('crash-looping, told by its log', () => {
    const made = init({ state: CRASH, lastState: ended(127), restartCount: 8 })
    const diagnosis = diagnoseWorld(made.objects, logs(made, '/bin/sh: wge: not found', true, 'prepare'))
    expect(rootNames(diagnosis)).toEqual(['Deployment/api app-command-missing'])
    expect(wordsOf(roots(diagnosis)[0])).toMatch(/init container prepare/)
  })

  test('waiting for a Service that does not exist', () => {
    const made = init(
      { state: { running: { startedAt: ago(20) } } },
      { command: ['sh', '-c', 'until nslookup postgress; do sleep 2; done'] },
    )
    const diagnosis = diagnoseWorld([...made.objects, service('postgres', { app: 'pg' }), ...app('pg').objects])
    expect(rootNames(diagnosis)).toEqual(['Deployment/api init-stuck'])
    expect(wordsOf(roots(diagnosis)[0])).toMatch(/no Service postgress.*nearest: postgres/)
  })

  test('waiting for a Service whose pods are sick: those are the root', () => {
    const db = app('db', { replicas: 1, state: CRASH, lastState: ended(1), restarts: 5 })
    const made = init(
      { state: { running: { startedAt: ago(20) } } },
      { command: ['sh', '-c', 'until nc -z db 5432; do sleep 1; done'] },
    )
    expect(rootNames(diagnoseWorld([...made.objects, ...db.objects, service('db', { app: 'db' })]))).toEqual([
      'Deployment/db crash-loop',
    ])
  })

  test('work of two minutes is no trouble', () => {
    const made = init({ state: { running: { startedAt: ago(2) } } })
    made.pods[0]!.status.conditions[0].lastTransitionTime = ago(2)
    expect(diagnoseWorld(made.objects).findings).toEqual([])
  })
})
