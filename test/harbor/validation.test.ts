// What a 1.36.2 server refuses, in the words it used for the same requests.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'

const container = { name: 'a', image: 'nginx:1.27' }
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } }
const workload = (spec: object) => ({ selector: { matchLabels: { a: 'b' } }, template, ...spec })
const CORE = '/api/v1/namespaces/default'
const APPS = '/apis/apps/v1/namespaces/default'

const REFUSED: [path: string, spec: object, causes: string[]][] = [
  [
    `${CORE}/pods`,
    {
      containers: [container],
      tolerations: [
        { operator: 'Exists', value: 'x' },
        { key: 'a', tolerationSeconds: 3 },
      ],
    },
    [
      'spec.tolerations[0].operator: Invalid value: "x": value must be empty when `operator` is \'Exists\'',
      'spec.tolerations[1].effect: Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
  ],
  [
    `${CORE}/pods`,
    { containers: [container], topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'X' }] },
    [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "X": supported values: "DoNotSchedule", "ScheduleAnyway"',
    ],
  ],
  [
    `${CORE}/pods`,
    {
      containers: [container],
      initContainers: [{ ...container, name: 'i', readinessProbe: { exec: { command: ['x'] } } }],
    },
    [
      'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  ],
  [
    `${CORE}/pods`,
    { containers: [container], securityContext: { runAsUser: -1 } },
    ['spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
  ],
  [
    `${CORE}/services`,
    { clusterIP: '1.2.3', sessionAffinity: 'x', ports: [{ port: 80 }] },
    [
      'spec.sessionAffinity: Unsupported value: "x": supported values: "ClientIP", "None"',
      'spec.clusterIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  ],
  [
    `${CORE}/resourcequotas`,
    { hard: { pods: '-1' } },
    ['spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  [
    `${CORE}/limitranges`,
    { limits: [{ type: 'Nope' }] },
    ['spec.limits[0].type: Invalid value: "Nope": must be a standard limit type or fully qualified'],
  ],
  [
    `${APPS}/deployments`,
    workload({ progressDeadlineSeconds: 5, minReadySeconds: 5 }),
    ['spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds'],
  ],
  [
    `${APPS}/daemonsets`,
    workload({ updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } }),
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
  ],
]

interface Answer {
  code?: number
  message?: string
  details?: { causes?: { field: string; message: string }[] }
  metadata: { managedFields?: { fieldsV1: Record<string, object> }[] }
  spec: { template: { spec: { containers: { resources: object }[] } } }
}

describe('the practice cluster', () => {
  let harbor: Harbor
  beforeAll(async () => {
    harbor = await startHarbor({ controllers: false })
  })
  afterAll(() => harbor.close())

  async function send(method: string, path: string, body: object): Promise<Answer> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const options = { method, headers: { 'content-type': type }, body: JSON.stringify(body) }
    return (await (await fetch(harbor.url + path, options)).json()) as Answer
  }

  it.each(REFUSED)('refuses as the API does: %s %j', async (path, spec, causes) => {
    const { code, details } = await send('POST', path, { metadata: { name: 'x' }, spec })
    expect(code).toBe(422)
    expect(details?.causes?.map(({ field, message }) => `${field}: ${message}`)).toEqual(causes)
  })

  it('does not let a patch make another kind of an object', async () => {
    await send('POST', `${CORE}/configmaps`, { metadata: { name: 'c' } })
    const other = await send('PATCH', `${CORE}/configmaps/c`, { kind: 'Pod' })
    expect(other).toMatchObject({ code: 422 })
    expect(other.message).toContain('converting (v1.Pod) to (core.ConfigMap): unknown conversion')
    expect(await send('PATCH', `${CORE}/configmaps/c`, { metadata: null })).toMatchObject({
      code: 400,
      message: 'the name of the object (c based on URL) was undeterminable: name must be provided',
    })
  })

  it('takes a limit for a request in pods, not in templates', async () => {
    const limited = { ...container, resources: { limits: { cpu: '1' } } }
    const spec = workload({ template: { ...template, spec: { containers: [limited] } } })
    const made = await send('POST', `${APPS}/deployments`, { metadata: { name: 'limited' }, spec })
    expect(made.spec.template.spec.containers[0]?.resources).toEqual({ limits: { cpu: '1' } })
  })

  it("says that what admission and the server added is nobody's", async () => {
    const made = await send('POST', `${CORE}/pods`, { metadata: { name: 'own' }, spec: { containers: [container] } })
    const fields = made.metadata.managedFields?.[0]?.fieldsV1['f:spec'] ?? {}
    expect(Object.keys(fields)).toContain('f:containers')
    for (const added of ['f:tolerations', 'f:volumes', 'f:priority', 'f:serviceAccountName']) {
      expect(fields).not.toHaveProperty([added])
    }
    expect(Object.keys((fields as Record<string, object>)['f:containers'] ?? {})).toEqual(['k:{"name":"a"}'])
  })
})
