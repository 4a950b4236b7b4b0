// The reading verbs of kubectl on the practice cluster, printed as kubectl prints them.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../../src/harbor/index.ts'
import { clusterAt } from '../../../src/kube/clusters.ts'
import { parseCommand } from '../../../src/kube/kubectl/grammar.ts'
import { READ_VERBS, type RunOptions, runRead } from '../../../src/kube/kubectl/run.ts'
import { parseObjects } from '../../../src/objects/files.ts'
import { NOW, runAt } from './run-at.ts'

let harbor: Harbor
const run = (line: string, options?: RunOptions) => runAt(harbor.url, line, options)

beforeAll(async () => {
  const text = await readFile(join(import.meta.dirname, 'shop.yaml'), 'utf8')
  harbor = await startHarbor({ load: parseObjects(text), controllers: false, now: NOW })
})
afterAll(() => harbor.close())

it('gets a table as kubectl prints it', async () => {
  expect(await run('kubectl get pods')).toBe(
    [
      'NAME        READY   STATUS             RESTARTS     AGE',
      'web-aaa-1   2/2     Running            0            4d',
      'web-bbb-1   0/1     CrashLoopBackOff   7 (2m ago)   20m',
    ].join('\n'),
  )
})

it('gets by name, selector, several kinds, all namespaces', async () => {
  expect(await run('kubectl get po web-aaa-1 --no-headers')).toMatch(/^web-aaa-1 {3}2\/2 {3}Running/)
  expect(await run('kubectl get pods -l pod-template-hash=bbb -o name')).toBe('pod/web-bbb-1')
  const mixed = await run('kubectl get deploy,svc')
  expect(mixed).toMatch(/^NAME +READY.*\ndeployment\.apps\/web +.*\n\nNAME +TYPE.*\nservice\/web +ClusterIP/)
  expect(await run('kubectl get pods -A')).toMatch(/^NAMESPACE +NAME +READY/)
  expect(await run('kubectl get deploy/web svc/web -o name')).toBe('deployment.apps/web\nservice/web')
})

it('says what there is not', async () => {
  expect(await run('kubectl get pods -n other')).toBe('No resources found in other namespace.')
  expect(await run('kubectl get pods -l app=none -A')).toBe('No resources found')
  await expect(run('kubectl get pod nope')).rejects.toThrow('pods "nope" not found')
  expect(await run('kubectl get pods nope web-aaa-1')).toMatch(/web-aaa-1[\s\S]*\npods "nope" not found$/)
  await expect(run('kubectl get pdos')).rejects.toThrow('The cluster has no resource type "pdos"; did you mean pods?')
  await expect(run('kubectl get pod web-aaa-1 -A')).rejects.toThrow(/cannot be named across all namespaces/)
})

it('sorts, labels and shapes', async () => {
  expect((await run('kubectl get pods --sort-by=.metadata.uid -o name')).split('\n')).toEqual([
    'pod/web-aaa-1',
    'pod/web-bbb-1',
  ])
  expect(
    (await run("kubectl get pods --sort-by='.status.containerStatuses[0].restartCount' --no-headers"))
      .split('\n')
      .map((line) => line.slice(0, 9)),
  ).toEqual(['web-aaa-1', 'web-bbb-1'])
  expect(await run('kubectl get pods -L pod-template-hash --no-headers')).toMatch(/ aaa\n.* bbb$/)
  expect(await run("kubectl get pods -o jsonpath='{.items[*].status.containerStatuses[0].restartCount}'")).toBe('0 7')
  expect(await run('kubectl get deploy web -o yaml')).toMatch(/^apiVersion: apps\/v1\nkind: Deployment\n/)
})

it('describes a pod with what is wrong with it', async () => {
  const text = await run('kubectl describe pod web-bbb-1')
  for (const fact of [
    /^Name: +web-bbb-1$/m,
    /^Controlled By: +ReplicaSet\/web-bbb$/m,
    /^Node: +worker-a/m,
    /State: +Waiting: CrashLoopBackOff: back-off 5m0s restarting failed container$/m,
    /Last State: +Terminated: Error, exit code 1, 2m ago$/m,
    /Restarts: +7$/m,
    /Readiness: +http-get http:\/\/:8080\/healthz/m,
    /PASSWORD from key password of Secret db$/m,
    /data: claim data$/m,
    /Ready +False +20m +ContainersNotReady/,
    /Warning +BackOff +60s \(x14 over 19m\) +kubelet +Back-off restarting failed container in pod web-bbb-1$/m,
  ]) {
    expect(text).toMatch(fact)
  }
})

it('describes workloads, services, nodes, config', async () => {
  const deployment = await run('kubectl describe deploy web')
  expect(deployment).toMatch(/Rollout: +error: deployment "web" exceeded its progress deadline/)
  expect(deployment).toMatch(/1 +web-aaa +2\/2 +4d +shop\/web:1\n +2 +web-bbb +0\/1 +20m +shop\/web:2/)
  expect(await run('kubectl describe svc web')).toMatch(
    /Endpoints: +10\.1\.0\.1:8080 web-aaa-1\n +10\.1\.0\.2:8080 web-bbb-1 \(not ready\)/,
  )
  const node = await run('kubectl describe node worker-a')
  expect(node).toMatch(/Taints: +gpu=yes:NoSchedule/)
  expect(node).toMatch(/cpu +500m \(25%\)/)
  expect(await run('kubectl describe cm settings')).toMatch(/ {2}app\.yaml:\n {4}a: 1\n {4}b: 2\n/)
})

it('shows of Secrets names and sizes only, in every form', async () => {
  expect(await run('kubectl describe secret db')).toMatch(/Data:\n {2}password: 14 bytes/)
  for (const line of [
    'kubectl get secrets',
    'kubectl get secret db -o yaml',
    'kubectl get secret db -o json',
    "kubectl get secret db -o jsonpath='{.data.password}{.metadata.annotations}'",
    'kubectl get secrets -o custom-columns=D:.data.password',
    'kubectl get secret,cm -o yaml',
    'kubectl get secrets --sort-by=.data.password --show-labels',
    'kubectl describe secrets',
    'kubectl get --raw /api/v1/namespaces/shop/secrets/db',
    'kubectl get --raw /api/v1/secrets',
  ]) {
    const text = await run(line).catch((error: Error) => error.message)
    expect(text, line).not.toContain('Y2FuYXJ5')
    expect(text, line).not.toContain('canary')
  }
})

it('reads logs of pods and workloads', async () => {
  expect(await run('kubectl logs web-bbb-1 -p')).toBe('starting\nFATAL: LEVEL2 is not set')
  expect(await run('kubectl logs web-aaa-1')).toBe('Defaulted container "app" out of: app, proxy\nready\nGET / 200')
  expect(await run('kubectl logs web-aaa-1 -c app --tail=1')).toBe('GET / 200')
  expect(await run('kubectl logs deploy/web -c app')).toBe('Found 2 pods, using pod/web-aaa-1\nready\nGET / 200')
  expect(await run('kubectl logs deploy/web -c app -p')).toBe(
    'Found 2 pods, using pod/web-bbb-1\nstarting\nFATAL: LEVEL2 is not set',
  )
  expect(await run('kubectl logs -l pod-template-hash=aaa -c app --prefix')).toBe(
    '[pod/web-aaa-1/app] ready\n[pod/web-aaa-1/app] GET / 200',
  )
  expect(await run('kubectl logs web-aaa-1 -c app -f')).toMatch(
    /\n\(--follow left out: this is one moment; ask again for the next\)$/,
  )
  await expect(run('kubectl logs web-aaa-1 -c nope')).rejects.toThrow(
    'Container nope is not valid for pod web-aaa-1: it has app, proxy.',
  )
  await expect(run('kubectl logs')).rejects.toThrow(/^Whose logs\?/)
})

it('shows events, one line each', async () => {
  expect(await run('kubectl events')).toBe(
    'LAST SEEN            TYPE      REASON    OBJECT          MESSAGE\n60s (x14 over 19m)   Warning   BackOff   Pod/web-bbb-1   Back-off restarting failed container in pod web-bbb-1',
  )
  expect(await run('kubectl events --for pod/web-bbb-1 --types=Warning')).toMatch(/BackOff/)
  expect(await run('kubectl events --types=Normal')).toBe('No events found in shop namespace.')
})

it('tells how a rollout goes and which revisions there are', async () => {
  expect(await run('kubectl rollout status deploy/web')).toBe('error: deployment "web" exceeded its progress deadline')
  expect(await run('kubectl rollout history deploy/web')).toBe(
    'deployment.apps/web\nREVISION   AGE   READY   IMAGES       CHANGE-CAUSE\n1          4d    2/2     shop/web:1   first\n2          20m   0/1     shop/web:2   <none>',
  )
  expect(await run('kubectl rollout history deploy/web --revision=1')).toMatch(
    /with revision #1\nPod Template:[\s\S]*image: shop\/web:1/,
  )
  await expect(run('kubectl rollout history deploy/web --revision=9')).rejects.toThrow(
    'deployment.apps/web has no revision 9; it has 1, 2.',
  )
  await expect(run('kubectl rollout status svc/web')).rejects.toThrow(/A Service has no rollout/)
})

it('says what the cluster is', async () => {
  expect(await run('kubectl version')).toMatch(/^Server Version: v1\.\d+/)
  expect(await run('kubectl api-resources --api-group=apps --no-headers')).toMatch(
    /deployments +deploy +apps\/v1 +true +Deployment/,
  )
  expect(await run('kubectl api-versions')).toMatch(/^apps\/v1$/m)
  expect(await run('kubectl get --raw /readyz')).toBe('ok')
})

it('cuts what is too long, between characters', async () => {
  const command = parseCommand('kubectl get pods -o yaml')
  if (!command.ok) throw new Error(command.reason)
  const { text, truncated } = await runRead(command, clusterAt('prod', harbor.url), {
    defaultNamespace: 'shop',
    maxBytes: 100,
  })
  expect({ bytes: Buffer.byteLength(text), truncated }).toEqual({ bytes: 100, truncated: true })
})

it.each(READ_VERBS.filter((verb) => !/^(auth|top|explain|cluster-info)/.test(verb)))(
  '%s never fails with anything but a sentence',
  async (verb) => {
    for (const args of [
      '',
      ' nope',
      ' nope/nope',
      ' pods/nope',
      ' deploy/web',
      ' -o bad',
      ' -A',
      ' -l a=b',
      ' web-aaa-1 nope',
    ]) {
      const command = parseCommand(`kubectl ${verb}${args}`)
      if (!command.ok) continue
      const error = await runRead(command, clusterAt('prod', harbor.url), { defaultNamespace: 'shop' }).then(
        () => undefined,
        (thrown: Error) => thrown,
      )
      if (error) expect(`${error.name}: ${error.message}`).toMatch(/^(Usage|NotFound|NotPermitted|Unavailable)Error: /)
    }
  },
)
