import { describe, expect, it } from 'vitest'
import { type Command, parseCommand, type Refusal } from '../../src/kube/kubectl/grammar.ts'
import { parseGoInt } from '../../src/kube/kubectl/grammar-args.ts'
import { operandsOf } from '../../src/kube/kubectl/grammar-operands.ts'

function command(line: string): Command {
  const parsed = parseCommand(line)
  if (!parsed.ok) throw new Error(`${line}: ${parsed.reason}`)
  return parsed
}

function refusal(line: string): Refusal {
  const parsed = parseCommand(line)
  if (parsed.ok) throw new Error(`${line} was taken`)
  return parsed
}

function flags(line: string): Record<string, readonly string[]> {
  return Object.fromEntries(command(line).flags)
}

describe('one line is one simple command or nothing', () => {
  const refused: [string, RegExp][] = [
    ['', /empty/],
    [' \t ', /empty/],
    ['kubectl get pods\nkubectl delete ns shop', /newline/],
    ["kubectl annotate pod a n='x\ny'", /newline/],
    ['kubectl get pods \\\n -n shop', /newline/],
    ['kubectl get pods\rkubectl get ns', /newline/],
    ['kubectl get pods; kubectl get ns', /one simple command/],
    ['kubectl get pods;', /left over/],
    ['kubectl get pods &', /background/],
    ['kubectl get pods | cat', /simple command/],
    ['kubectl get pods && true', /simple command/],
    ['! kubectl get pods', /simple command/],
    ['time kubectl get pods', /simple command/],
    ['(kubectl get pods)', /simple command/],
    ['kubectl get pods > /tmp/x', /redirection/],
    ['kubectl apply -f - <<< x', /redirection/],
    ['A=b kubectl get pods', /assignments/],
    ['kubectl get pods -n $NS', /expansion/],
    ['kubectl get pods -n "$(id)"', /expansion/],
    ['kubectl get pods -n `id`', /expansion/],
    ['kubectl get pods -n $((1))', /expansion/],
    ["kubectl get pods -n $'shop'", /expansion/],
    ['kubectl get p*', /glob/],
    ['kubectl get {pods,ns}', /glob/],
    ['kubectl get -f ~/x.yaml', /tilde/],
    ["kubectl get 'pods", /complete command/],
    ['kubectl get pods # -n shop', /comment/],
    ['kubectl get\u00a0pods', /blank/],
    ['kubectl get pods\u200b', /invisible/],
    ['kubectl get pods \u202en shop', /invisible/],
    ['kubectl get pods\u0000', /invisible/],
    [`kubectl get pods ${'a'.repeat(20_000)}`, /longer/],
  ]
  it.each(refused)('%j is refused', (line, reason) => {
    expect(refusal(line)).toMatchObject({ kind: 'denied', reason: expect.stringMatching(reason) })
  })

  it.each([
    'k get pods',
    'sudo kubectl get pods',
    '/usr/bin/kubectl get pods',
    'KUBECTL get pods',
    '"kubectl get" pods',
    'oc get pods',
  ])('%j names no program', (line) =>
    expect(refusal(line)).toMatchObject({ kind: 'denied', reason: expect.stringContaining('no program here') }),
  )

  it('a trailing newline and blanks between words mean nothing', () => {
    expect(command('  kubectl \t get   pods \n').args).toEqual(['pods'])
  })

  it('quotes are taken away, what is in them is data', () => {
    expect(command(`kubectl annotate pod a 'n=x; y | $(z)' "m=it's"`).args).toEqual([
      'pod',
      'a',
      'n=x; y | $(z)',
      "m=it's",
    ])
  })
})

describe('flags are read as pflag reads them', () => {
  it.each([
    ['kubectl get pods -n shop', { namespace: ['shop'] }],
    ['kubectl get pods -nshop', { namespace: ['shop'] }],
    ['kubectl get pods -n=shop', { namespace: ['shop'] }],
    ['kubectl -n shop get pods', { namespace: ['shop'] }],
    ['kubectl get pods --namespace=shop', { namespace: ['shop'] }],
    ['kubectl get pods --all_namespaces', { 'all-namespaces': ['true'] }],
    ['kubectl get pods -Aowide', { 'all-namespaces': ['true'], output: ['wide'] }],
    ['kubectl get pods --watch=F', { watch: ['false'] }],
    ['kubectl logs a --tail -1', { tail: ['-1'] }],
    ['kubectl get pods -L a -L b', { 'label-columns': ['a', 'b'] }],
    ['kubectl delete pod a --dry-run', { 'dry-run': [''] }],
    ['kubectl apply -f - --dry-run=server', { filename: ['-'], 'dry-run': ['server'] }],
    ['kubectl exec -it a -c b -- ls -l', { stdin: ['true'], tty: ['true'], container: ['b'] }],
    ['helm upgrade -i a ./b --set x=1 --set y=2', { install: ['true'], set: ['x=1', 'y=2'] }],
  ])('%s', (line, expected) => expect(flags(line)).toEqual(expected))

  it('an optional value is never the next word', () => {
    expect(command('kubectl delete pod a --dry-run client').args).toEqual(['pod', 'a', 'client'])
    expect(command('kubectl delete pod a --dry-run client').dryRun).toBe('none')
  })

  it.each([
    'kubectl',
    'kubectl get pods --frob',
    'kubectl frob pods',
    'kubectl get pods -o',
    'kubectl scale deploy a --replicas=x',
    'kubectl rollout',
    'kubectl rollout frob a',
    'kubectl get pods --watch=perhaps',
    'kubectl get pods -o frob',
    'helm frob',
    'kubectl get pods -l "a b c"',
  ])('%j is unknown, not denied', (line) => expect(refusal(line).kind).toBe('unknown'))

  it.each([
    'kubectl get pods -n a -n a',
    'kubectl scale deploy a --replicas=1 --replicas=2',
    'kubectl get pods -n a --namespace b',
  ])('%j is ambiguous', (line) =>
    expect(refusal(line)).toMatchObject({ kind: 'denied', reason: expect.stringContaining('twice') }),
  )

  it.each([
    'kubectl get pods --server x',
    'kubectl get pods -sx',
    'kubectl get pods -ws x',
    'kubectl get pods --as_group=x',
    'kubectl get pods --kube-token x',
    'kubectl get pods --token',
    'kubectl --context x get pods',
    'helm list --kube_context x',
    'kubectl frob --as=x',
  ])('%j names another identity or connection', (line) =>
    expect(refusal(line)).toMatchObject({ kind: 'denied', reason: expect.stringContaining('connection, identity') }),
  )

  it('a refusal still says what was understood, so that it can be judged harder', () => {
    expect(refusal('kubectl delete ns kube-system --frob').command).toMatchObject({
      verb: 'delete',
      args: ['ns', 'kube-system'],
    })
  })

  it('words behind -- are arguments, or the program of a container', () => {
    expect(command('kubectl delete -- pod a').args).toEqual(['pod', 'a'])
    expect(command('kubectl exec a -- ls -n kube-system')).toMatchObject({
      args: ['a'],
      rest: ['ls', '-n', 'kube-system'],
    })
    expect(command('kubectl exec a -- ls -n kube-system').namespace).toBeUndefined()
  })
})

describe('names', () => {
  it.each(['_x', 'x_', 'X', 'x y', '../x', 'x/y/z', '.', `${'x'.repeat(254)}`, 'чек', 'x%2fy', ''])(
    '%j is no object name',
    (name) => {
      expect(refusal(`kubectl delete pod '${name}'`).kind).toBe('denied')
      expect(refusal(`kubectl delete pod/'${name}'`).kind).toBe('denied')
    },
  )
  it('a name with a leading dash is a flag, or denied behind --', () => {
    expect(refusal('kubectl delete pod -x').kind).toBe('unknown')
    expect(refusal('kubectl delete pod -- -x').kind).toBe('denied')
    expect(refusal('kubectl delete pod/-x').kind).toBe('denied')
  })
  it.each(['-x', 'KUBE-SYSTEM', 'a.b', 'a/b', '', 'x'.repeat(64), '--dry-run=client'])('%j is no namespace', (name) => {
    expect(refusal(`kubectl get pods -n '${name}'`).kind).toBe('denied')
  })
  it('RBAC names may hold colons', () =>
    expect(command('kubectl get clusterrole system:node').args).toContain('system:node'))
  it.each(['kubectl label pod a b=ü', 'kubectl label pod a /b=c', 'kubectl logs a -c -x', "kubectl logs a -c 'x y'"])(
    '%j is refused',
    (line) => expect(refusal(line).kind).toBe('denied'),
  )
})

describe('operands', () => {
  it.each([
    [
      'kubectl get pods,svc a',
      [
        { type: 'pods', name: 'a' },
        { type: 'svc', name: 'a' },
      ],
    ],
    [
      'kubectl get pods/a svc/b',
      [
        { type: 'pods', name: 'a' },
        { type: 'svc', name: 'b' },
      ],
    ],
    ['kubectl logs a', [{ type: 'pods', name: 'a' }]],
    ['kubectl logs deploy/a', [{ type: 'deploy', name: 'a' }]],
    [
      'kubectl cordon a b',
      [
        { type: 'nodes', name: 'a' },
        { type: 'nodes', name: 'b' },
      ],
    ],
    ['kubectl label pod a x=y', [{ type: 'pod', name: 'a' }]],
    ['kubectl delete pods --all', [{ type: 'pods' }]],
  ])('%s', (line, resources) => expect(operandsOf(command(line)).resources).toEqual(resources))
  it('says that the two forms are not mixed', () =>
    expect(operandsOf(command('kubectl get pods/a b')).bad).toMatch(/not taken together/))
})

describe('whole numbers as Go reads them', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['+0', 0],
    ['00', 0],
    ['0x0', 0],
    ['0b0', 0],
    ['0o0', 0],
    ['0x5', 5],
    ['017', 15],
    ['1_000', 1000],
    ['-3', -3],
  ])('%s', (text, value) => expect(parseGoInt(text)).toBe(value))
  it.each(['', 'x', '1.0', '1e3', '0x', '08', '1__0', '_1', '1_', '99999999999', '٣', ' 1'])('%j is none', (text) =>
    expect(parseGoInt(text)).toBeUndefined(),
  )
})

it('reads the longest lines in linear time', () => {
  const lines = [
    `kubectl get pods ${'-'.repeat(16_000)}`,
    `kubectl get pods -l '${'a,'.repeat(8000)}'`,
    `kubectl get secret x -o 'go-template=${'{{ '.repeat(5000)}'`,
    `kubectl get pods --${'a_'.repeat(8000)}`,
    `kubectl ${"''".repeat(8000)}get pods`,
  ]
  const start = performance.now()
  for (const line of lines) parseCommand(line)
  expect(performance.now() - start).toBeLessThan(1500)
})
