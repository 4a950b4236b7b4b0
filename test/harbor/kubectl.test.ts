// The real kubectl against a practice cluster, where it is installed: forty commands as a person would type them.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'

const KUBECTL = 'kubectl'
const installed = spawnSync(KUBECTL, ['version', '--client']).status === 0

const DEPLOYMENT = (image: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: web, image: "${image}", ports: [{containerPort: 80}], resources: {requests: {cpu: 50m, memory: 64Mi}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

interface Step {
  args: string[]
  expect: RegExp
  /** exit status; default 0 */
  status?: number
}
const step = (line: string, wanted: RegExp, status = 0): Step => ({ args: line.split(' '), expect: wanted, status })

const STEPS: Step[] = [
  step('version', /v1\.36\.2/),
  step('create namespace shop', /namespace\/shop created/),
  step('get nodes', /worker-a +Ready[\s\S]*worker-b +Ready/),
  step('get nodes -o wide', /10\.0\.0\.11 .*practice/),
  step('describe node worker-a', /practice cluster[\s\S]*KubeletReady/),
  step('api-resources', /deployments +deploy/),
  step('explain deployment.spec.replicas', /desired pods/),
  step('explain pod.spec.containers.image', /Container image name/),
  step('apply -f FILE', /deployment\.apps\/web created\s+service\/web created/),
  step('apply -f FILE', /deployment\.apps\/web unchanged\s+service\/web unchanged/),
  step('-n shop rollout status deploy/web --timeout=30s', /successfully rolled out/),
  step('-n shop wait --for=condition=Available deploy/web --timeout=20s', /condition met/),
  step('-n shop get deploy,rs,pods,svc', /deployment\.apps\/web +2\/2 [\s\S]*pod\/web-\S+ +1\/1 +Running/),
  step('-n shop get all', /service\/web[\s\S]*deployment\.apps\/web/),
  step('-n shop get pods -l app=web -o name', /^pod\/web-\S+\npod\/web-\S+\n$/),
  step('-n shop get pods --field-selector status.phase=Running -o wide', /10\.244\.\d+\.\d+ +worker-/),
  step('-n shop get deploy web -o yaml', /kubectl\.kubernetes\.io\/last-applied-configuration/),
  step('-n shop get deploy web -o jsonpath={.spec.replicas}', /^2$/),
  step('-n shop describe deploy web', /2 desired \| 2 updated \| 2 total \| 2 available/),
  step('-n shop describe pod -l app=web', /Successfully assigned shop\/web-/),
  step('-n shop logs deploy/web --tail=1', /\S/),
  step('-n shop logs -l app=web --tail=1', /\S/),
  step('-n shop get events', /Scheduled .*Successfully assigned/),
  step('diff -f OTHER', /-\s+- image: nginx:1\.27|\+\s+- image: nginx:1\.28|image: nginx:1\.28/, 1),
  step('-n shop set image deploy/web web=nginx:1.28', /image updated/),
  step('-n shop rollout status deploy/web --timeout=30s', /successfully rolled out/),
  step('-n shop rollout history deploy/web', /1 [\s\S]*2 /),
  step('-n shop rollout undo deploy/web', /rolled back/),
  step('-n shop rollout status deploy/web --timeout=30s', /successfully rolled out/),
  step('-n shop get deploy web -o jsonpath={.spec.template.spec.containers[0].image}', /^nginx:1\.27$/),
  step('-n shop rollout restart deploy/web', /restarted/),
  step('-n shop rollout status deploy/web --timeout=30s', /successfully rolled out/),
  step('-n shop scale deploy/web --replicas=3', /scaled/),
  step('-n shop label deploy/web tier=front', /labeled/),
  step('-n shop annotate deploy/web note=x', /annotated/),
  step('-n shop create configmap settings --from-literal=a=b', /created/),
  step('-n shop get configmap settings -o jsonpath={.data.a}', /^b$/),
  // newer ones send these as protobuf
  step('-n shop create deployment api --image=nginx:1.27 --replicas=2 --port=80', /deployment\.apps\/api created/),
  step('-n shop wait --for=condition=Available deploy/api --timeout=20s', /condition met/),
  step('-n shop expose deployment api --port=80', /exposed/),
  step('-n shop autoscale deployment api --min=2 --max=4', /autoscaled/),
  step('-n shop create job once --image=busybox -- echo hi', /job\.batch\/once created/),
  step('-n shop create cronjob tick --image=busybox --schedule=@hourly -- date', /cronjob\.batch\/tick created/),
  step('-n shop create quota limit --hard=pods=50', /resourcequota\/limit created/),
  step('-n shop create poddisruptionbudget api --selector=app=api --min-available=50%', /created/),
  step('-n shop create role reader --verb=get,list --resource=pods', /role\.rbac\S+\/reader created/),
  step('-n shop create rolebinding readers --role=reader --user=amy', /rolebinding\S+\/readers created/),
  step('-n shop auth can-i list pods --as=amy', /^yes/),
  step('-n shop create ingress api --rule=a.example/=api:80', /ingress\S+\/api created/),
  step('-n shop patch deploy web -p {"spec":{"minReadySeconds":1}}', /patched/),
  step('auth can-i delete pods', /^yes/),
  step('auth can-i list secrets --as=alice', /^no/, 1),
  step('-n shop get secrets --as=alice', /User "alice" cannot list resource "secrets"/, 1),
  step('apply --server-side --force-conflicts -f FILE', /serverside-applied/),
  step('drain worker-a --ignore-daemonsets --timeout=30s', /node\/worker-a (drained|evicted)/),
  step('get nodes', /worker-a +Ready,SchedulingDisabled/),
  step('uncordon worker-a', /uncordoned/),
  step('taint node worker-b a=b:NoSchedule', /tainted/),
  step('top nodes', /worker-a/),
  step('-n shop get pod absent', /pods "absent" not found/, 1),
  step('-n shop delete deploy web', /deleted/),
  step('delete namespace shop --timeout=30s', /deleted/),
]

describe.runIf(installed)('kubectl, which is installed here,', () => {
  let harbor: Harbor
  let folder: string
  beforeAll(async () => {
    harbor = await startHarbor()
    folder = mkdtempSync(join(tmpdir(), 'kubectl-'))
    writeFileSync(join(folder, 'config'), harbor.kubeconfig())
    writeFileSync(join(folder, 'app.yaml'), DEPLOYMENT('nginx:1.27'))
    writeFileSync(join(folder, 'other.yaml'), DEPLOYMENT('nginx:1.28'))
  })
  afterAll(async () => {
    await harbor?.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  const environment = () => ({ PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, 'config') })

  function kubectl(args: string[]): Promise<{ status: number; output: string }> {
    const files: Record<string, string> = { FILE: join(folder, 'app.yaml'), OTHER: join(folder, 'other.yaml') }
    const spelled = args.map((arg) => files[arg] ?? arg)
    return new Promise((resolve) => {
      execFile(KUBECTL, spelled, { env: environment(), timeout: 60_000 }, (error, stdout, stderr) => {
        resolve({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr })
      })
    })
  }

  it(`runs ${STEPS.length} commands with the answers of a real cluster`, { timeout: 240_000 }, async () => {
    for (const { args, expect: wanted, status } of STEPS) {
      const { status: got, output } = await kubectl(args)
      expect(output, `kubectl ${args.join(' ')}`).toMatch(wanted)
      expect(got, `kubectl ${args.join(' ')}: ${output}`).toBe(status)
    }
  })

  it('follows the log of a pod until it is stopped', { timeout: 60_000 }, async () => {
    await kubectl(['create', 'namespace', 'logs'])
    const spec = { containers: [{ name: 'app', image: 'nginx:1.27' }] }
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'beater', namespace: 'logs' }, spec }
    harbor.world.create(pod)
    await kubectl(['-n', 'logs', 'wait', '--for=condition=Ready', 'pod/beater', '--timeout=30s'])
    const lines = await new Promise<string>((resolve) => {
      const child = spawn(KUBECTL, ['-n', 'logs', 'logs', '-f', 'beater'], { env: environment() })
      let output = ''
      child.stdout.on('data', (chunk) => {
        output += chunk
        if (output.includes('from the test')) child.kill()
      })
      child.on('close', () => resolve(output))
      setTimeout(() => {
        harbor.world.logs.append(
          { namespace: 'logs', pod: 'beater', container: 'app' },
          'a line from the test',
          Date.now(),
        )
      }, 1500)
      setTimeout(() => child.kill(), 15_000)
    })
    expect(lines).toMatch(/a line from the test/)
  })
})
