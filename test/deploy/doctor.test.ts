// The accounts of deploy/rbac with their own tokens, through kubeconfigs as people write them: what `doctor` says of them, and who sends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { examineWriters } from '../../src/cli/doctor/writer.ts'
import { loadConfig } from '../../src/config.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { loadClusters } from '../../src/kube/clusters.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { temporaryFolder } from '../store/redis-server.ts'

const FOLDER = join(import.meta.dirname, '../../deploy/rbac')
let harbor: Harbor
const folder = temporaryFolder()

async function startWith(leaveOut: string[]): Promise<void> {
  await harbor?.close()
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml') && !leaveOut.includes(name))
  const { objects, logs } = await loadFiles(files.map((name) => join(FOLDER, name)))
  const namespaces = ['shop', 'payments'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }))
  harbor = await startHarbor({ load: { objects: [...namespaces, ...objects], logs }, controllers: false })
}

async function kubeconfigOf(account: string): Promise<string> {
  const answer = await fetch(`${harbor.url}/api/v1/namespaces/firstmate/serviceaccounts/${account}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }),
  })
  const { status } = (await answer.json()) as { status: { token: string } }
  const config = parse(harbor.kubeconfig()) as { users: { user: object }[] }
  for (const entry of config.users) entry.user = { token: status.token }
  const path = join(folder, account)
  await writeFile(path, stringify(config))
  return path
}

async function writerLines(account = 'firstmate-writer'): Promise<string[]> {
  const config = loadConfig({
    KUBECONFIG: await kubeconfigOf('firstmate-reader'),
    WRITER_KUBECONFIG: await kubeconfigOf(account),
  })
  const reports = await examineWriters(config, await loadClusters(config))
  return reports.map(({ state, detail }) => `${state} ${detail}`)
}

afterAll(async () => {
  await harbor?.close()
  await rm(folder, { recursive: true })
})

it('where a namespace has opted in, it may do all but what needs a set of its own', async () => {
  await startWith(['opt-in-destroy.yaml', 'opt-in-nodes.yaml'])
  expect(await writerLines()).toEqual([
    'ok practice/shop: may not delete (delete deployments)',
    'ok practice, nodes: may not cordon, uncordon, taint, drain (patch nodes), drain (create pods/eviction): deploy/rbac/opt-in-nodes.yaml',
  ])
})

it('with every set bound, it may do every action there and nothing elsewhere', async () => {
  await startWith([])
  expect(await writerLines()).toEqual([
    // a drain reaches every namespace
    'ok practice, every namespace: may evict',
    'ok practice/shop: may do every action',
    'ok practice, nodes: may do every action',
  ])
})

it('an account that was bound nowhere is told where to bind it', async () => {
  await startWith(['opt-in.yaml', 'opt-in-destroy.yaml', 'opt-in-nodes.yaml'])
  expect((await writerLines())[0]).toBe(
    'missing practice: may change nothing in any namespace: bind it where it should (deploy/rbac/opt-in.yaml)',
  )
})

it('an account that reads Secrets is wrong, whatever else it may', async () => {
  await startWith([])
  await fetch(`${harbor.url}/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'too-much' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'firstmate-writer', namespace: 'firstmate' }],
    }),
  })
  expect(await writerLines()).toEqual([
    'wrong practice: the writer account may read Secrets, which no change needs: take that right away',
  ])
})

it('what chat would change is sent with the writer, as serve does', async () => {
  await startWith(['opt-in-destroy.yaml', 'opt-in-nodes.yaml'])
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/bin.mjs'), 'chat'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: folder,
      KUBECONFIG: await kubeconfigOf('firstmate-reader'),
      WRITER_KUBECONFIG: await kubeconfigOf('firstmate-writer'),
    },
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (said.includes('Dry run')) child.stdin.end()
  })
  child.stdin.write('kubectl create configmap flags --from-literal=a=b -n shop\n')
  await once(child, 'close')
  expect(said).toMatch(/Dry run +the server accepts it/)
}, 30_000)
