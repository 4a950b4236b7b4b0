// The accounts of deploy/rbac on a cluster with RBAC: what each may do, and above all what it may not.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/diagnose/checks/index.ts'
import { kindsToRead } from '../../src/diagnose/reads.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { KINDS } from '../../src/objects/kinds.ts'
import type { KubeObject } from '../../src/objects/object.ts'

const FOLDER = join(import.meta.dirname, '../../deploy/rbac')
let harbor: Harbor
let manifests: KubeObject[]

beforeAll(async () => {
  const files = (await readdir(FOLDER)).filter(
    (name) => name.endsWith('.yaml') && name !== 'opt-in-destroy.yaml' && name !== 'opt-in-nodes.yaml',
  )
  manifests = (await loadFiles((await readdir(FOLDER)).map((name) => join(FOLDER, name)))).objects
  const { objects, logs } = await loadFiles(files.map((name) => join(FOLDER, name)))
  const namespaces = ['shop', 'payments'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }))
  harbor = await startHarbor({ load: { objects: [...namespaces, ...objects], logs }, controllers: false })
})
afterAll(() => harbor.close())

type Rule = Record<'apiGroups' | 'resources' | 'verbs', string[]>

const groupOf = (apiVersion: string) => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '')
/** As custom kinds are named: `OCIRepository` → `ocirepositories`, `PodChaos` → `podchaos`. */
const pluralOf = (kind: string) =>
  kind
    .toLowerCase()
    .replace(/([^s])$/, '$1s')
    .replace(/ys$/, 'ies')

interface Wanted {
  verb: string
  resource: string
  group?: string
  subresource?: string
  namespace?: string
}

async function may(account: 'reader' | 'writer', resourceAttributes: Wanted): Promise<boolean> {
  const answer = await fetch(`${harbor.url}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'impersonate-user': `system:serviceaccount:firstmate:firstmate-${account}`,
      'impersonate-group': 'system:serviceaccounts',
    },
    body: JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    }),
  })
  expect(answer.status).toBe(201)
  return ((await answer.json()) as { status: { allowed: boolean } }).status.allowed
}

describe('the manifests', () => {
  const rules = () => manifests.filter(({ kind }) => kind === 'ClusterRole').flatMap((role) => role.rules as Rule[])
  it('hold no wildcard', () => expect(JSON.stringify(rules())).not.toContain('*'))
  it('name no Secret, and no right that could give itself more', () => {
    const writing = rules().filter(({ verbs }) => verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)))
    const named = (resource: string) => rules().some(({ resources }) => resources.includes(resource))
    for (const resource of [
      'secrets',
      'pods/exec',
      'pods/attach',
      'pods/portforward',
      'pods/proxy',
      'nodes/proxy',
      'serviceaccounts/token',
      'pods/ephemeralcontainers',
    ])
      expect(named(resource), resource).toBe(false)
    for (const group of [
      'rbac.authorization.k8s.io',
      'admissionregistration.k8s.io',
      'apiextensions.k8s.io',
      'certificates.k8s.io',
    ])
      expect(
        writing.some(({ apiGroups }) => apiGroups.includes(group)),
        group,
      ).toBe(false)
    expect(
      rules()
        .flatMap(({ verbs }) => verbs)
        .filter((verb) => ['impersonate', 'escalate', 'bind', 'deletecollection', 'update'].includes(verb)),
    ).toEqual([])
  })
})

describe('the reader', () => {
  it('may list every kind that checks look at, but Secrets', () => {
    const reader = manifests.find(
      ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'firstmate-reader',
    )
    const rights = new Set(
      ((reader?.rules ?? []) as Rule[])
        .filter(({ verbs }) => verbs.includes('list'))
        .flatMap(({ apiGroups, resources }) => resources.map((name) => `${name}.${apiGroups[0]}`)),
    )
    const known = (kind: string) => KINDS.filter((one) => one.kind === kind)
    const missing = kindsToRead(CHECKS).filter((kind) =>
      known(kind).length > 0
        ? !known(kind).every(({ plural, apiVersion }) => rights.has(`${plural}.${groupOf(apiVersion)}`))
        : ![...rights].some((right) => right.startsWith(`${pluralOf(kind)}.`)),
    )
    expect(missing).toEqual(['Secret'])
  })

  it.each<Wanted>([
    { verb: 'list', resource: 'pods', namespace: 'payments' },
    { verb: 'get', resource: 'pods', subresource: 'log', namespace: 'shop' },
    { verb: 'watch', resource: 'events' },
    { verb: 'list', resource: 'deployments', group: 'apps' },
    { verb: 'list', resource: 'nodes' },
  ])('may $verb $group $resource/$subresource', async (wanted) => expect(await may('reader', wanted)).toBe(true))

  it.each<Wanted>([
    { verb: 'get', resource: 'secrets', namespace: 'shop' },
    { verb: 'list', resource: 'secrets' },
    { verb: 'patch', resource: 'deployments', group: 'apps', namespace: 'shop' },
    { verb: 'delete', resource: 'pods', namespace: 'shop' },
    { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'shop' },
    { verb: 'create', resource: 'pods', subresource: 'eviction', namespace: 'shop' },
    { verb: 'impersonate', resource: 'users' },
  ])('may not $verb $resource/$subresource', async (wanted) => expect(await may('reader', wanted)).toBe(false))
})

describe('the writer', () => {
  it.each<Wanted>([
    { verb: 'patch', resource: 'deployments', group: 'apps', namespace: 'shop' },
    { verb: 'create', resource: 'horizontalpodautoscalers', group: 'autoscaling', namespace: 'shop' },
    { verb: 'delete', resource: 'pods', namespace: 'shop' },
    { verb: 'create', resource: 'pods', subresource: 'eviction', namespace: 'shop' },
  ])('may $verb $resource/$subresource where a namespace has opted in', async (wanted) => {
    expect(await may('writer', wanted)).toBe(true)
    expect(await may('writer', { ...wanted, namespace: 'payments' })).toBe(false)
    expect(await may('writer', { ...wanted, namespace: 'kube-system' })).toBe(false)
  })

  it.each<Wanted>([
    { verb: 'delete', resource: 'deployments', group: 'apps', namespace: 'shop' },
    { verb: 'get', resource: 'secrets', namespace: 'shop' },
    { verb: 'patch', resource: 'secrets', namespace: 'shop' },
    { verb: 'patch', resource: 'nodes' },
    { verb: 'delete', resource: 'namespaces' },
    { verb: 'create', resource: 'rolebindings', group: 'rbac.authorization.k8s.io', namespace: 'shop' },
    { verb: 'bind', resource: 'clusterroles', group: 'rbac.authorization.k8s.io' },
    { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'shop' },
    { verb: 'deletecollection', resource: 'pods', namespace: 'shop' },
    { verb: 'list', resource: 'pods', namespace: 'shop' },
  ])('may not $verb $resource/$subresource, opted in or not', async (wanted) =>
    expect(await may('writer', wanted)).toBe(false),
  )
})
