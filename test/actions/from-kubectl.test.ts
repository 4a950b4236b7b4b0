import { describe, expect, it } from 'vitest'
import { planOf } from '../../src/actions/compile.ts'
import { actionsOf, compiles } from '../../src/actions/from-kubectl.ts'
import type { Action } from '../../src/core/action.ts'
import { parseCommand } from '../../src/kube/kubectl/grammar.ts'
import { judgeCommand } from '../../src/safety/judge.ts'
import { protectedNamespaces } from '../../src/safety/protect.ts'
import { effectsOfRequest } from '../../src/safety/requests.ts'
import { tierOf, worst } from '../../src/safety/tier.ts'
import { loadCorpus, loadWorld } from '../safety/world.ts'

const world = loadWorld()

async function actions(line: string): Promise<Action[]> {
  const command = parseCommand(line)
  if (!command.ok) throw new Error(command.reason)
  return actionsOf(command, world)
}

describe('change lines become the actions that buttons use', () => {
  it.each<[string, object[]]>([
    [
      'scale deploy/checkout --replicas=5 -n shop',
      [{ verb: 'scale', replicas: 5, target: { kind: 'Deployment', namespace: 'shop', name: 'checkout' } }],
    ],
    ['scale deploy/checkout --replicas=0 -n shop', [{ verb: 'scale', replicas: 0 }]],
    ['scale deploy/cart --replicas=0 -n shop', [{ verb: 'quarantine' }]],
    ['scale deploy/cart --replicas=3 --current-replicas=2 -n shop', [{ verb: 'scale', replicas: 3 }]],
    ['delete pod debug-shell --force=false --now=false -n shop', [{ verb: 'delete-pod' }]],
    ['scale sts db --replicas=2 -n payments', [{ verb: 'scale', target: { kind: 'StatefulSet' } }]],
    ['set image deploy/checkout checkout=x:1 -n shop', [{ verb: 'set-image', container: 'checkout', image: 'x:1' }]],
    [
      'set env deploy/checkout A=b C- -n shop',
      [
        {
          verb: 'set-env',
          env: [
            { name: 'A', value: 'b' },
            { name: 'C', value: null },
          ],
        },
      ],
    ],
    [
      'set env deploy/checkout --from=secret/db --keys=url -n shop',
      [{ verb: 'set-env', env: [{ name: 'URL', from: { kind: 'Secret', name: 'db', key: 'url' } }] }],
    ],
    [
      'set resources deploy/checkout -c checkout --limits=cpu=1,memory=1Gi -n shop',
      [{ verb: 'set-resources', container: 'checkout', limits: { cpu: '1', memory: '1Gi' } }],
    ],
    [
      'rollout restart deploy -n staging',
      [
        { verb: 'restart', target: { name: 'web' } },
        { verb: 'restart', target: { name: 'batcher' } },
      ],
    ],
    ['rollout undo deploy/checkout --to-revision=3 -n shop', [{ verb: 'rollback', toRevision: 3 }]],
    ['rollout pause deploy/checkout -n shop', [{ verb: 'pause' }]],
    ['rollout resume deploy/checkout -n shop', [{ verb: 'resume' }]],
    ['delete pod debug-shell -n shop', [{ verb: 'delete-pod' }]],
    [
      'delete pods -l app=cart -n shop',
      [
        { verb: 'delete-pod', target: { name: 'cart-7b94d7f6d9-k8r2v' } },
        { verb: 'delete-pod', target: { name: 'cart-7b94d7f6d9-qm6xs' } },
      ],
    ],
    [
      'delete pods --field-selector=status.phase=Succeeded -n shop',
      [{ verb: 'delete-pod', target: { name: 'nightly-report-29397735-h5w2c' } }],
    ],
    ['delete hpa frontend -n shop', [{ verb: 'delete-hpa' }]],
    // kubectl sends one second for --now and for --grace-period=0, and 0 only with --force
    ['delete pod debug-shell --now -n shop', [{ verb: 'delete-pod', graceSeconds: 1 }]],
    ['delete pod debug-shell --grace-period=0 -n shop', [{ verb: 'delete-pod', graceSeconds: 1 }]],
    ['delete pod debug-shell --grace-period=30 -n shop', [{ verb: 'delete-pod', graceSeconds: 30 }]],
    ['delete pod debug-shell --force -n shop', [{ verb: 'delete-pod', graceSeconds: 0 }]],
    ['delete pods.v1. debug-shell -n shop', [{ verb: 'delete-pod', target: { kind: 'Pod' } }]],
    ['delete deploy cart --cascade=orphan -n shop', [{ verb: 'delete', cascade: 'orphan' }]],
    ['delete deploy cart --cascade=foreground --grace-period=5 -n shop', [{ cascade: 'foreground', graceSeconds: 5 }]],
    ['delete deploy cart --cascade=background -n shop', [{ verb: 'delete', target: { name: 'cart' } }]],
    [
      'autoscale deploy cart --max=5 --memory=70% --cpu=500m --name=by-memory -n shop',
      [
        {
          verb: 'create',
          manifest: {
            metadata: { name: 'by-memory' },
            spec: {
              minReplicas: 1,
              maxReplicas: 5,
              metrics: [
                { resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '500m' } } },
                { resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } } },
              ],
            },
          },
        },
      ],
    ],
    [
      "patch deploy cart -n shop -p 'spec: {replicas: 4}'",
      [{ verb: 'patch', type: 'strategic', patch: { spec: { replicas: 4 } } }],
    ],
    ['delete ns staging', [{ verb: 'delete-namespace', name: 'staging' }]],
    [
      'delete svc,deploy cart -n shop',
      [
        { verb: 'delete', target: { kind: 'Service' } },
        { verb: 'delete', target: { kind: 'Deployment' } },
      ],
    ],
    ['delete wd blue -n shop', [{ verb: 'delete', target: { kind: 'Widget', apiVersion: 'example.com/v1' } }]],
    [
      'cordon worker-a worker-b',
      [
        { verb: 'cordon', node: 'worker-a' },
        { verb: 'cordon', node: 'worker-b' },
      ],
    ],
    ['uncordon -l kubernetes.io/hostname=worker-a', [{ verb: 'uncordon', node: 'worker-a' }]],
    ['drain worker-b --ignore-daemonsets --delete-emptydir-data', [{ verb: 'drain', node: 'worker-b' }]],
    [
      'taint nodes worker-a a=b:NoExecute',
      [{ verb: 'taint', key: 'a', value: 'b', effect: 'NoExecute', remove: false }],
    ],
    ['taint nodes worker-a a:NoExecute-', [{ verb: 'taint', key: 'a', effect: 'NoExecute', remove: true }]],
    ['taint nodes worker-a a-', [{ verb: 'taint', key: 'a', remove: true }]],
    ['label deploy cart a=b c- -n shop', [{ verb: 'label', set: { a: 'b', c: null } }]],
    ["annotate deploy cart note='x; y' -n shop", [{ verb: 'annotate', set: { note: 'x; y' } }]],
    [
      'patch deploy checkout -n shop --type=json -p \'[{"op":"replace","path":"/spec/replicas","value":2}]\'',
      [{ verb: 'patch', type: 'json' }],
    ],
    [
      'patch pvc data-db-0 -n payments -p \'{"spec":{"resources":{"requests":{"storage":"20Gi"}}}}\'',
      [{ verb: 'grow-pvc', size: '20Gi' }],
    ],
    [
      'autoscale deploy checkout --min=2 --max=6 --cpu=70% -n shop',
      [{ verb: 'create-hpa', min: 2, max: 6, cpuPercent: 70 }],
    ],
    ['create job again --from=cronjob/nightly-report -n shop', [{ verb: 'create-job', name: 'again' }]],
    [
      'create cm flags --from-literal=a=b -n shop',
      [{ verb: 'create', manifest: { kind: 'ConfigMap', data: { a: 'b' } } }],
    ],
    [
      'create deploy api --image=registry.example.com/x/api:1 --replicas=2 -n staging',
      [
        {
          verb: 'create',
          manifest: {
            kind: 'Deployment',
            spec: { replicas: 2, template: { spec: { containers: [{ name: 'api' }] } } },
          },
        },
      ],
    ],
    [
      'run tool --image=busybox:1 -n staging -- sleep 60',
      [{ verb: 'create', manifest: { kind: 'Pod', spec: { containers: [{ args: ['sleep', '60'] }] } } }],
    ],
    [
      'expose deploy checkout --port=80 --target-port=8080 --name=front -n shop',
      [
        {
          verb: 'create',
          manifest: {
            kind: 'Service',
            spec: { selector: { app: 'checkout' }, ports: [{ port: 80, targetPort: 8080 }] },
          },
        },
      ],
    ],
  ])('kubectl %s', async (line, expected) => expect(await actions(`kubectl ${line}`)).toMatchObject(expected))
})

describe('what does not compile is refused with the reason', () => {
  it.each<[string, RegExp]>([
    ['kubectl exec debug-shell -n shop -- ls', /exec compiles to no exact request/],
    ['kubectl cp shop/debug-shell:/a ./b', /cp compiles to no exact request/],
    ['kubectl apply -f x.yaml', /apply compiles to no exact request/],
    ['kubectl certificate approve x', /certificate approve compiles to no exact request/],
    ['helm upgrade storefront ./x -n shop', /judged and explained, not executed/],
    ['kubectl delete pod debug-shell -n shop --now --grace-period=5', /--now and --grace-period/],
    ['kubectl delete pod debug-shell -n shop --force --grace-period=5', /--force and a --grace-period above 0/],
    ['kubectl delete deploy cart -n shop --dry-run', /--dry-run is neither client, server nor none/],
    ['kubectl delete deploy cart -n shop --dry-run=Client', /--dry-run=Client is neither client, server nor none/],
    ['kubectl delete ns staging --now', /without a grace period/],
    [
      'kubectl delete pods -n shop --field-selector=status.phase=Running --raw=/x',
      /--raw compiles to no exact request/,
    ],
    ['kubectl patch deploy cart -n shop --patch-file=x.yaml', /no files are read here; give the patch with -p/],
    ['kubectl create cm x --from-file=y -n shop', /no files are read here; give --from-literal/],
    ['kubectl create secret generic x --from-literal=a=b -n shop', /refer to it by name/],
    ['kubectl set selector svc cart nonsense -n shop', /no KEY=VALUE/],
    ['kubectl set selector deploy cart a=b -n shop', /of a Service alone/],
    ['kubectl set subject deploy cart --user=x -n shop', /only a RoleBinding or ClusterRoleBinding/],
    ['kubectl set serviceaccount svc cart x -n shop', /runs no pods/],
    ['kubectl set serviceaccount pod debug-shell deployer -n shop', /of a pod cannot be changed/],
    ['kubectl scale deploy/cart --replicas=2 --resource-version=1 -n shop', /not at the resource version 1/],
    ['kubectl label deploy cart a=b --resource-version=1 -n shop', /not at the resource version 1/],
    ['kubectl set image deploy/checkout "*=x" checkout=y -n shop', /already means all containers/],
    ['kubectl set image deploy/checkout nosuch=y -n shop', /no container "nosuch"/],
    ['kubectl create service clusterip x -n shop', /needs --tcp/],
    ['kubectl create service clusterip x --tcp=http -n shop', /no port/],
    ["kubectl create ingress x --rule='a.example.com=web:80' -n shop", /no rule/],
    ['kubectl create role x --verb=get --resource=frobs -n shop', /PLURAL.GROUP/],
    ['kubectl create rolebinding x --role=a --clusterrole=b -n shop', /either --clusterrole or --role/],
    ['kubectl create rolebinding x --role=a --serviceaccount=b -n shop', /NAMESPACE:NAME/],
    ['kubectl autoscale deploy cart --max=3 --cpu=lots -n shop', /no goal for cpu/],
    ['kubectl run x --image=y --expose -n shop', /needs --port/],
    [
      `kubectl run x --image=y -n shop --overrides='{"metadata":{"name":"z"}}'`,
      /may not change the kind, name or namespace/,
    ],
    ['kubectl delete -f x.yaml', /--filename compiles to no exact request/],
    [
      'kubectl scale deploy/cart --replicas=2 --current-replicas=1 -n shop',
      /cart has 2 replicas and not 1, so it is not scaled/,
    ],
    ['kubectl drain worker-b --force', /--force/],
    ['kubectl drain worker-b --disable-eviction', /--disable-eviction/],
    ['kubectl delete pods -n shop', /Give a name, a selector or --all/],
    ['kubectl delete pods -l app=nobody -n shop', /matches no object/],
    ['kubectl label frobs x a=b', /no type that this cluster is known to serve/],
    ['kubectl label deploy cart app=other -n shop', /say --overwrite/],
    ['kubectl set image deploy/checkout checkout=x b=y -n shop', /has no container "b"/],
    ['kubectl set env deploy/checkout --from=secret/db-credentials -n shop', /needs --keys/],
    ['kubectl taint nodes worker-a a=b:Sometimes', /no taint/],
    ['kubectl taint deploy cart a=b:NoExecute', /only nodes/],
    ['kubectl patch deploy cart -n shop -p nope', /valid JSON/],
    ['kubectl run x --image=y --rm -i -n shop', /run --(rm|stdin)/],
    ['kubectl rollout restart deploy -A', /all-namespaces|not known/],
  ])('%s', async (line, reason) => {
    await expect(actions(line)).rejects.toThrow(reason)
  })
  it.each(['kubectl exec a -- b', 'kubectl frob a', 'helm uninstall x'])('%s never gets a button', (line) => {
    const parsed = parseCommand(line)
    const command = parsed.ok ? parsed : parsed.command
    expect(command && compiles(command)).toBe(false)
  })
})

it('what already is as asked is left out of a plan, and said beside it', async () => {
  const { plan, notes } = await planOf(
    await actions('kubectl scale deploy --all --replicas=1 -n staging'),
    'test',
    world,
  )
  expect(plan.steps.map(({ object }) => object.name)).toEqual(['web'])
  expect(notes).toEqual([expect.stringContaining('batcher already is as asked')])
  expect(plan.action).toMatchObject({ verb: 'scale', target: { name: 'web' } })
  await expect(
    planOf(await actions('kubectl scale deploy web --replicas=2 -n staging'), 'test', world),
  ).rejects.toThrow(/already is as asked/)
})

it('a delete says how it deletes: by force, or leaving what it owns', async () => {
  const requestOf = async (line: string) => (await planOf(await actions(line), 'test', world)).plan.steps[0]
  expect(await requestOf('kubectl delete pod debug-shell --force -n shop')).toMatchObject({
    words: expect.stringContaining('by force'),
    kubectl: 'kubectl delete pod/debug-shell -n shop --grace-period=0 --force',
    request: {
      body: { gracePeriodSeconds: 0, propagationPolicy: 'Background', preconditions: { uid: expect.any(String) } },
    },
  })
  expect(await requestOf('kubectl delete deploy cart --cascade=orphan -n shop')).toMatchObject({
    words: expect.stringContaining('what it owns stays'),
    request: { body: { propagationPolicy: 'Orphan' } },
  })
})

it('the requests of every labelled command are never milder than what was said of the line', async () => {
  const names = protectedNamespaces()
  // kubectl takes YAML too; a line is judged by what surely is read the same way by everybody
  const isJson = (text = '{}') => /^[[{]/.test(text)
  const known: string[] = []
  const files = ['public.jsonl', 'commands.jsonl', 'commands-second.jsonl', 'commands-third.jsonl']
  for (const { command: line } of files.flatMap(loadCorpus)) {
    const { tier, command } = judgeCommand(line, { snapshot: world, level: 'L1' })
    if (!command || tier === null || tier === 0 || command.dryRun !== 'none') continue
    const compiled = await actionsOf(command, world)
      .then((made) => planOf(made, 'test', world))
      .catch(() => undefined)
    if (!compiled) continue
    const found = worst(
      compiled.plan.steps.flatMap(({ request }) =>
        effectsOfRequest(request, world).map((effect) => tierOf(effect, names, world)),
      ),
    )
    known.push(line)
    // what a line does together (a drain), and what only its words say, may be more; one request is never two tiers milder
    if (command.verb === 'drain' || !isJson(command.flags.get('patch')?.at(-1))) continue
    expect([line, found.denied || found.tier >= tier]).toEqual([line, true])
  }
  expect(known.length).toBeGreaterThan(100)
})
