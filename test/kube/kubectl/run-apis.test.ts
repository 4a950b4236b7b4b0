// The reading verbs that metrics, rights and schemas answer.
import { expect, it } from 'vitest'
import { clusterAt } from '../../../src/kube/clusters.ts'
import { parseCommand } from '../../../src/kube/kubectl/grammar.ts'
import { runRead } from '../../../src/kube/kubectl/run.ts'
import { type Answer, apiOf, listOf, object, status } from '../fake-api.ts'
import { runAt } from './run-at.ts'

async function run(answer: Answer, line: string): Promise<string> {
  return runAt((await apiOf(answer)).url, line)
}

const metrics: Answer = ({ path }) => {
  if (path === '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods') {
    return listOf([
      object('b', { containers: [{ name: 'x', usage: { cpu: '1500000n', memory: '20Mi' } }] }),
      object('a', {
        containers: [
          { name: 'x', usage: { cpu: '250m', memory: '10485760' } },
          { name: 'y', usage: { cpu: '1', memory: '1Mi' } },
        ],
      }),
    ])
  }
  if (path === '/apis/metrics.k8s.io/v1beta1/nodes')
    return listOf([
      object('n1', { usage: { cpu: '500m', memory: '1Gi' } }),
      object('n2', { usage: { cpu: '1', memory: '1Gi' } }),
    ])
  if (path === '/api/v1/nodes') return listOf([object('n1', { status: { allocatable: { cpu: '2', memory: '4Gi' } } })])
  return undefined
}

it('top', async () => {
  expect(await run(metrics, 'kubectl top pods')).toBe(
    'NAME   CPU(cores)   MEMORY(bytes)\na      1250m        11Mi\nb      2m           20Mi',
  )
  expect(await run(metrics, 'kubectl top pods --sort-by=memory --no-headers')).toBe(
    'b   2m      20Mi\na   1250m   11Mi',
  )
  expect(await run(metrics, 'kubectl top pods --containers')).toMatch(
    /^POD +NAME +CPU\(cores\) +MEMORY\(bytes\)\na +x +250m +10Mi\na +y +1000m +1Mi\nb/,
  )
  expect(await run(metrics, 'kubectl top nodes')).toBe(
    'NAME   CPU(cores)   CPU(%)      MEMORY(bytes)   MEMORY(%)\nn1     500m         25%         1024Mi          25%\nn2     1000m        <unknown>   1024Mi          <unknown>',
  )
  await expect(
    run(
      ({ path }, response) => (path.startsWith('/apis/metrics') ? status(response, 503, 'down') : undefined),
      'kubectl top pods',
    ),
  ).rejects.toThrow(/answered 503 to: list pods in shop/)
})

const reviews: Answer = ({ path, body }) => {
  if (path.endsWith('/selfsubjectaccessreviews')) {
    const { spec } = JSON.parse(body) as { spec: { resourceAttributes?: Record<string, string> } }
    return {
      status: {
        allowed: spec.resourceAttributes?.resource === 'deployments' && spec.resourceAttributes.group === 'apps',
        reason: 'because',
      },
    }
  }
  if (path.endsWith('/selfsubjectrulesreviews'))
    return {
      status: {
        resourceRules: [{ verbs: ['get', 'list'], apiGroups: ['', 'apps'], resources: ['pods'] }],
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
      },
    }
  if (path.endsWith('/selfsubjectreviews'))
    return { status: { userInfo: { username: 'mira', groups: ['devs', 'system:authenticated'] } } }
  return undefined
}

it('auth', async () => {
  expect(await run(reviews, 'kubectl auth can-i list deploy')).toBe('yes')
  expect(await run(reviews, 'kubectl auth can-i delete pods')).toBe('no - because')
  expect(await run(reviews, 'kubectl auth can-i get nosuch')).toBe(
    "Warning: the cluster has no resource type 'nosuch'\nno - because",
  )
  expect(await run(reviews, 'kubectl auth can-i --list')).toMatch(
    /^Resources +Non-Resource URLs[\s\S]*\npods\.apps +\[\] +\[\] +\[get list\]\n +\[\/healthz\]/,
  )
  expect(await run(reviews, 'kubectl auth whoami')).toBe(
    'ATTRIBUTE   VALUE\nUsername    mira\nGroups      [devs system:authenticated]',
  )
})

const openapi: Answer = ({ path }) => {
  if (path === '/openapi/v3')
    return { paths: { 'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1?hash=AB' } } }
  if (path !== '/openapi/v3/apis/apps/v1') return undefined
  return {
    components: {
      schemas: {
        Deployment: {
          description: 'Deployment enables declarative updates.',
          type: 'object',
          properties: { spec: { description: 'What is wanted.', allOf: [{ $ref: '#/components/schemas/Spec' }] } },
          'x-kubernetes-group-version-kind': [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
        },
        Spec: {
          description: 'Inner.',
          type: 'object',
          required: ['selector'],
          properties: {
            replicas: {
              type: 'integer',
              format: 'int32',
              description: `Number of desired pods. ${'Long text. '.repeat(20)}`,
            },
            selector: { type: 'object', additionalProperties: { type: 'string' } },
            nested: { type: 'array', items: { $ref: '#/components/schemas/Spec' } },
          },
        },
      },
    },
  }
}

it('explain', async () => {
  const top = await run(openapi, 'kubectl explain deploy')
  expect(top).toMatch(
    /^GROUP: {6}apps\nKIND: {7}Deployment\nVERSION: {4}v1\n\nDESCRIPTION:\n {4}Deployment enables declarative updates\.\n\nFIELDS:\n {2}spec\t<Spec>\n {4}What is wanted\./,
  )
  const field = await run(openapi, 'kubectl explain deployment.spec.replicas')
  expect(field).toMatch(/FIELD: replicas <integer>/)
  expect(Math.max(...field.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  const spec = await run(openapi, 'kubectl explain deployment.spec')
  expect(spec).toMatch(/DESCRIPTION:\n {4}What is wanted\./)
  expect(spec).toMatch(/nested\t<\[\]Spec>/)
  expect(spec).toMatch(/selector\t<map\[string\]string> -required-/)
  // a schema that holds itself ends
  expect(await run(openapi, 'kubectl explain deployment --recursive')).toMatch(/nested/)
  expect(await run(openapi, 'kubectl explain deployment.spec.nested.nested.replicas')).toMatch(/FIELD: replicas/)
  await expect(run(openapi, 'kubectl explain deployment.spec.replica')).rejects.toThrow(
    'Deployment.spec has no field "replica"; did you mean replicas?',
  )
  await expect(run(openapi, 'kubectl explain nosuch')).rejects.toThrow('The cluster has no resource type "nosuch".')
})

it('finds a kind that was installed a moment ago', async () => {
  let installed = false
  const widgets = { name: 'widgets', singularName: 'widget', kind: 'Widget', namespaced: true, verbs: ['list'] }
  const api = await apiOf(({ path }) => {
    if (path === '/api') return { versions: ['v1'] }
    if (path === '/apis')
      return { groups: installed ? [{ name: 'x.io', versions: [{ groupVersion: 'x.io/v1' }] }] : [] }
    if (path === '/api/v1') return { resources: [] }
    if (path === '/apis/x.io/v1') return { resources: [widgets] }
    return path === '/apis/x.io/v1/namespaces/shop/widgets' ? listOf([object('w1')]) : undefined
  })
  const cluster = clusterAt('prod', api.url)
  const command = parseCommand('kubectl get widgets -o name')
  if (!command.ok) throw new Error(command.reason)
  await expect(runRead(command, cluster, { defaultNamespace: 'shop' })).rejects.toThrow(/no resource type "widgets"/)
  installed = true
  expect((await runRead(command, cluster, { defaultNamespace: 'shop' })).text).toBe('widget.x.io/w1')
})

it('says what is not permitted', async () => {
  const answer: Answer = ({ path }, response) =>
    path.startsWith('/api/v1/') ? status(response, 403, 'pods is forbidden') : undefined
  await expect(run(answer, 'kubectl get pods')).rejects.toThrow('not permitted: list pods in shop')
  await expect(run(answer, 'kubectl describe node a')).rejects.toThrow('not permitted: get nodes a')
  const mixed: Answer = ({ path }, response) =>
    path.endsWith('/services')
      ? status(response, 403, 'no')
      : path.endsWith('/pods')
        ? listOf([object('web')])
        : undefined
  expect(await run(mixed, 'kubectl get pods,svc')).toMatch(/pod\/web[\s\S]*\nnot permitted: list services in shop$/)
})
