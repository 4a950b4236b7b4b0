// NetworkPolicies and the cluster's DNS: blamed only where somebody suffers.
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../../src/objects/object.ts'
import { ago, app, crashing, diagnoseWorld, namespace, object, rootNames, roots, service, wordsOf } from '../build.ts'

// biome-ignore lint/suspicious/noExplicitAny: fields as the API prints them
type Fields = Record<string, any>
const policy = (name: string, spec: Fields, at = 'shop') =>
  object(
    'networking.k8s.io/v1',
    'NetworkPolicy',
    name,
    { spec: { podSelector: {}, ...spec }, metadata: { creationTimestamp: ago(20) } },
    at,
  )
function dns(options: Fields = {}): KubeObject[] {
  const made = app('coredns', { namespace: 'kube-system', ...options })
  for (const object of made.objects) {
    const target = object.kind === 'Pod' ? object : object.spec?.template
    target.metadata = { ...target.metadata, labels: { 'k8s-app': 'kube-dns' } }
  }
  return [
    namespace('kube-system', { 'kubernetes.io/metadata.name': 'kube-system' }),
    ...made.objects,
    service(
      'kube-dns',
      { 'k8s-app': 'kube-dns' },
      { ports: [{ name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 }] },
      'kube-system',
    ),
  ]
}
const NO_NAME = '2026-11-20T11:58:00Z ERROR getaddrinfo EAI_AGAIN api.partner.example\n'
const toDns = (namespaceLabels: Fields) => ({
  to: [{ namespaceSelector: { matchLabels: namespaceLabels } }],
  ports: [{ protocol: 'UDP', port: 53 }],
})

describe('policies and DNS', () => {
  const sick = crashing('sync', NO_NAME)

  test('a policy that denies all egress blocks DNS, and CoreDNS is not blamed', () => {
    const found = diagnoseWorld([...dns(), ...sick.objects, policy('deny', { policyTypes: ['Egress'] })], sick.logs)
    expect(rootNames(found)).toEqual(['NetworkPolicy/deny network-policy-dns'])
    expect(roots(found)[0]?.action).toMatchObject({ verb: 'create', manifest: { kind: 'NetworkPolicy' } })
  })

  test('a rule for port 53 that misses is the one to blame', () => {
    const wrong = policy('allow-dns', { policyTypes: ['Egress'], egress: [toDns({ name: 'kube-system' })] })
    const found = diagnoseWorld(
      [...dns(), ...sick.objects, policy('deny', { policyTypes: ['Egress'] }), wrong],
      sick.logs,
    )
    expect(rootNames(found)).toEqual(['NetworkPolicy/allow-dns network-policy-dns'])
    expect(wordsOf(roots(found)[0])).toMatch(/name=kube-system, a label that kube-system does not carry/)
  })

  test('silent: DNS is allowed, or nobody suffers', () => {
    const right = policy('allow-dns', {
      policyTypes: ['Egress'],
      egress: [toDns({ 'kubernetes.io/metadata.name': 'kube-system' })],
    })
    const names = rootNames(
      diagnoseWorld([...dns(), ...sick.objects, policy('deny', { policyTypes: ['Egress'] }), right], sick.logs),
    )
    expect(names.some((name) => name.startsWith('NetworkPolicy'))).toBe(false)
    expect(
      diagnoseWorld([...dns(), ...app('web').objects, policy('deny', { policyTypes: ['Ingress', 'Egress'] })]).healthy,
    ).toBe(true)
  })
})

describe('policies and connections', () => {
  const db = () => [
    ...app('db', { container: { ports: [{ containerPort: 5432 }] } }).objects,
    service('db', { app: 'db' }, { ports: [{ port: 5432, targetPort: 5432 }] }),
  ]
  const caller = crashing('api', '2026-11-20T11:58:00Z FATAL dial tcp db:5432: i/o timeout\n')
  const ingress = (from: string) => ({
    podSelector: { matchLabels: { app: 'db' } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: { matchLabels: { app: from } } }], ports: [{ protocol: 'TCP', port: 5432 }] }],
  })

  test('ingress of the callee that names another caller', () => {
    const found = diagnoseWorld([...db(), ...caller.objects, policy('db', ingress('web'))], caller.logs)
    expect(rootNames(found)).toEqual(['NetworkPolicy/db network-policy-blocks'])
    expect(wordsOf(roots(found)[0])).toMatch(
      /allows only from pods with app=web on 5432\/TCP.*app=api\) is not among them/s,
    )
  })

  test('egress of the caller', () => {
    const found = diagnoseWorld(
      [
        ...dns(),
        ...db(),
        ...caller.objects,
        policy('api', {
          podSelector: { matchLabels: { app: 'api' } },
          policyTypes: ['Egress'],
          egress: [toDns({ 'kubernetes.io/metadata.name': 'kube-system' })],
        }),
      ],
      caller.logs,
    )
    expect(rootNames(found)).toEqual(['NetworkPolicy/api network-policy-blocks'])
  })

  test('a policy that lets the caller in is not blamed', () => {
    const names = rootNames(diagnoseWorld([...db(), ...caller.objects, policy('db', ingress('api'))], caller.logs))
    expect(names.some((name) => name.startsWith('NetworkPolicy'))).toBe(false)
  })
})

describe('CoreDNS', () => {
  const sick = crashing('sync', NO_NAME)

  test('scaled to zero explains who cannot resolve names', () => {
    const found = diagnoseWorld([...dns({ replicas: 0 }), ...sick.objects], sick.logs)
    expect(rootNames(found)).toEqual(['Deployment/coredns dns-down'])
    expect(roots(found)[0]?.action).toMatchObject({ verb: 'scale', replicas: 2 })
  })

  test('crashing on its Corefile is one root, at the DNS', () => {
    const made = crashing(
      'coredns',
      "2026-11-20T11:59:00Z /etc/coredns/Corefile:9 - Error during parsing: Unknown directive 'forwardd'\n",
      { namespace: 'kube-system' },
    )
    for (const object of made.objects) {
      const target = object.kind === 'Pod' ? object : object.spec?.template
      target.metadata = { ...target.metadata, labels: { 'k8s-app': 'kube-dns' } }
    }
    const found = diagnoseWorld(
      [
        namespace('kube-system'),
        ...made.objects,
        service('kube-dns', { 'k8s-app': 'kube-dns' }, {}, 'kube-system'),
        ...sick.objects,
      ],
      [...made.logs, ...sick.logs],
    )
    expect(roots(found).every(({ object }) => object.namespace === 'kube-system')).toBe(true)
    expect(found.findings.find(({ check }) => check === 'dns-down')?.explains.map(({ name }) => name)).toContain('sync')
  })

  test('upstream resolvers that do not answer', () => {
    const made = dns()
    const pod = made.find(({ kind }) => kind === 'Pod') as KubeObject
    const line =
      '[ERROR] plugin/errors: 2 api.partner.example. A: read udp 10.244.0.2:40211->10.0.0.2:53: i/o timeout\n'
    const found = diagnoseWorld(
      [...made, ...sick.objects],
      [
        ...sick.logs,
        { namespace: 'kube-system', pod: pod.metadata.name, container: 'coredns', previous: false, text: line },
      ],
    )
    expect(rootNames(found)).toEqual(['Deployment/coredns dns-upstream'])
  })
})
