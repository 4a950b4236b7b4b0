import { describe, expect, it } from 'vitest'
import { planOf } from '../../src/actions/compile.ts'
import { actionsOf } from '../../src/actions/from-kubectl.ts'
import { judgeCommand } from '../../src/safety/judge.ts'
import { protectedNamespaces } from '../../src/safety/protect.ts'
import { effectsOfRequest } from '../../src/safety/requests.ts'
import { tierOf, worst } from '../../src/safety/tier.ts'
import { loadCorpus } from '../safety/world.ts'
import { actions, world } from './of-line.ts'

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
