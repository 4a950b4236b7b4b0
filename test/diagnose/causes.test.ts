// Which finding explains which, what is in scope, and what is left out.
import { describe, expect, test } from 'vitest'
import type { ObjectRef } from '../../src/core/ref.ts'
import type { Check, Draft } from '../../src/diagnose/check.ts'
import { diagnose, otherNamespaces } from '../../src/diagnose/index.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { app, crashing, NOW, namespace, node, object, rootNames, service, world } from './build.ts'

const ref = (kind: string, name: string, ns = 'shop'): ObjectRef => ({ kind, name, ...(ns ? { namespace: ns } : {}) })
function draft(on: ObjectRef, fields: Partial<Draft> = {}): Draft {
  return {
    severity: 'warning',
    object: on,
    summary: 'is ill',
    cause: 'because',
    evidence: [],
    remedy: 'mend it',
    ...fields,
  }
}
function check(name: string, ...drafts: Draft[]): Check {
  return { name, title: '', why: '', fix: '', reads: [], run: () => drafts }
}
function rootsOf(snapshot: Snapshot, ...checks: Check[]) {
  return rootNames(diagnose(snapshot, { checks }))
}

describe('which explains which', () => {
  const api = app('api')
  const deployment = ref('Deployment', 'api')

  test('on one workload a cause explains a state, a state a symptom, over its pods too', () => {
    const drafts = [
      check('a', draft(deployment, { depth: 'symptom' })),
      check('b', draft(ref('Pod', api.pods[0]!.metadata.name))),
      check('c', draft(deployment, { depth: 'cause' })),
    ]
    expect(rootsOf(world(api.objects), ...drafts)).toEqual(['Deployment/api c'])
  })

  test('due to a Service means the workload behind it', () => {
    const db = app('db')
    const snapshot = world([...api.objects, ...db.objects, service('db', { app: 'db' })])
    expect(
      rootsOf(
        snapshot,
        check('a', draft(deployment, { dueTo: [ref('Service', 'db')] })),
        check('b', draft(ref('Deployment', 'db'))),
      ),
    ).toEqual(['Deployment/db b'])
  })

  test('what is due to something that is well stays a root', () => {
    expect(rootsOf(world(api.objects), check('a', draft(deployment, { dueTo: [ref('Service', 'db')] })))).toEqual([
      'Deployment/api a',
    ])
  })

  test('a sick node explains a workload only when all its sick pods are on it', () => {
    const pods = api.pods.map(({ metadata }) => ref('Pod', metadata.name))
    const workload = check('a', draft(deployment, { pods }))
    const both = check('n', draft(ref('Node', 'node-a', ''), { explains: pods }))
    const one = check('n', draft(ref('Node', 'node-a', ''), { explains: pods.slice(0, 1) }))
    expect(rootsOf(world(api.objects), workload, both)).toEqual(['Node/node-a n'])
    expect(rootsOf(world(api.objects), workload, one)).toEqual(['Deployment/api a', 'Node/node-a n'])
  })

  test('chains end at the far root, which is as bad as the worst that follows and names all of it', () => {
    const chain = [
      check('a', draft(ref('Ingress', 'web'), { severity: 'critical', dueTo: [ref('Service', 'web')] })),
      check('b', draft(ref('Service', 'web'), { dueTo: [ref('PersistentVolumeClaim', 'data')] })),
      check('c', draft(ref('PersistentVolumeClaim', 'data'))),
    ]
    const [root] = diagnose(world([]), { checks: chain }).findings
    expect(root).toMatchObject({ check: 'c', root: true, severity: 'critical' })
    expect(root?.explains.map(({ name, kind }) => `${kind}/${name}`).sort()).toEqual(['Ingress/web', 'Service/web'])
  })

  test('of two that blame each other the one that began first is the root', () => {
    const early = check(
      'a',
      draft(ref('Service', 'a'), { dueTo: [ref('Service', 'b')], since: '2026-11-20T10:00:00Z' }),
    )
    const late = check('b', draft(ref('Service', 'b'), { dueTo: [ref('Service', 'a')], since: '2026-11-20T11:00:00Z' }))
    expect(rootsOf(world([]), early, late)).toEqual(['Service/a a'])
    expect(rootsOf(world([]), late, early)).toEqual(['Service/a a'])
  })

  test('two independent troubles are two roots', () => {
    expect(rootsOf(world([]), check('a', draft(ref('Service', 'a')), draft(ref('Service', 'b'))))).toHaveLength(2)
  })

  test('a note explains nothing', () => {
    expect(
      rootsOf(
        world(api.objects),
        check('a', draft(deployment)),
        check('i', draft(deployment, { severity: 'info', depth: 'cause' })),
      ),
    ).toEqual(['Deployment/api a'])
  })

  test('a last word gives way to any reason', () => {
    const last = check('last', draft(deployment, { depth: 'symptom', lastWord: true }))
    expect(
      diagnose(world(api.objects), { checks: [last, check('a', draft(deployment))] }).findings.map(
        ({ check: name }) => name,
      ),
    ).toEqual(['a'])
    expect(rootsOf(world(api.objects), last)).toEqual(['Deployment/api last'])
  })

  test('the same draft for several pods is one finding with all the evidence', () => {
    const said = (text: string) => draft(deployment, { evidence: [{ source: 'log', object: deployment, text }] })
    const [finding, ...more] = diagnose(world(api.objects), { checks: [check('a', said('one'), said('two'))] }).findings
    expect(more).toEqual([])
    expect(finding?.evidence).toHaveLength(2)
  })
})

describe('what is said', () => {
  test('a summary says what it is about', () => {
    const summaries = diagnose(world([]), {
      checks: [
        check(
          'a',
          draft(ref('Deployment', 'api')),
          draft(ref('Secret', 'db')),
          draft(ref('Node', 'n1', ''), { summary: 'node n1 is gone' }),
        ),
      ],
    }).findings.map(({ summary }) => summary)
    expect(summaries).toEqual(expect.arrayContaining(['shop/api: is ill', 'Secret shop/db: is ill', 'node n1 is gone']))
  })

  test('foreign text is on one line, bounded, without control characters', () => {
    const [finding] = diagnose(world([]), {
      checks: [
        check('a', draft(ref('Service', 'a'), { cause: `\u001b[31mred\u001b[0m\n\u202eevil${'x'.repeat(5000)}` })),
      ],
    }).findings
    expect(finding?.cause).toMatch(/^red evilx+…$/)
    expect(finding?.cause.length).toBeLessThanOrEqual(600)
  })

  test('a check that throws costs only its own findings, and is named', () => {
    const broken: Check = { ...check('broken'), run: () => JSON.parse('{') }
    const diagnosis = diagnose(world([]), { checks: [broken, check('a', draft(ref('Service', 'a')))] })
    expect(diagnosis.findings).toHaveLength(1)
    expect(diagnosis.partial[0]).toMatch(/^check broken could not be run: /)
  })

  test('a malformed object is left out and named, and blinds no check', () => {
    const bad = object('v1', 'Pod', 'bad', { spec: { containers: null, volumes: [null] } })
    const made = crashing('api', 'FATAL: SESSION_KEY is not set')
    const diagnosis = diagnose(new Snapshot({ objects: [bad, ...made.objects], logs: made.logs, now: NOW }))
    expect(rootNames(diagnosis)).toEqual(['Deployment/api app-env-missing'])
    expect(diagnosis.partial).toEqual(['malformed and left out: Pod shop/bad'])
  })
})

describe('scope', () => {
  const drafts = [
    check('a', draft(ref('Deployment', 'api'), { dueTo: [ref('StatefulSet', 'pg', 'data')] })),
    check('b', draft(ref('StatefulSet', 'pg', 'data'))),
    check('c', draft(ref('Deployment', 'other', 'elsewhere'))),
    check('d', draft(ref('Node', 'far', ''))),
  ]

  test('a namespace shows its own troubles and what explains them, wherever that is', () => {
    const found = diagnose(world([]), { checks: drafts, namespace: 'shop' }).findings.map(({ check: name }) => name)
    expect(found.sort()).toEqual(['a', 'b'])
  })

  test('healthy is said of the scope', () => {
    expect(diagnose(world([]), { checks: drafts, namespace: 'quiet' }).healthy).toBe(true)
    expect(diagnose(world([]), { checks: drafts }).healthy).toBe(false)
  })

  test('other namespaces that troubles point to are named, to be read as well', () => {
    const made = crashing('api', 'ERROR dial tcp pg.data.svc:5432: connect: connection refused')
    const snapshot = new Snapshot({
      objects: [namespace('shop'), node('node-a'), ...made.objects],
      logs: made.logs,
      namespaces: ['shop'],
      now: NOW,
    })
    expect(otherNamespaces(snapshot)).toEqual(['data'])
    const { objects, logs, namespaces = [], now } = snapshot
    const known = { objects: [...objects], logs: [...logs], namespaces: [...namespaces], now }
    // what the reader has fetched, or was refused, is not asked for again
    const fetched = object('v1', 'Pod', 'pg-0', { spec: { containers: [] }, status: {} }, 'data')
    expect(otherNamespaces(new Snapshot({ ...known, objects: [...objects, fetched] }))).toEqual([])
    const partial = ['not permitted: look into namespace data, which this trouble points to']
    expect(otherNamespaces(new Snapshot({ ...known, partial }))).toEqual([])
    // what was not read is not called missing
    expect(diagnose(snapshot).findings[0]?.cause).toMatch(/cannot be told, because it was not read/)
  })
})

test('a remedy names who manages the object, and whether a change by hand lasts', () => {
  const sick = (metadata: object) => {
    const made = crashing('api', 'FATAL: SESSION_KEY is not set')
    Object.assign(made.app.workload.metadata, metadata)
    return diagnose(world(made.objects, made.logs)).findings.find(({ root }) => root)?.remedy
  }
  expect(sick({ annotations: { 'meta.helm.sh/release-name': 'shop' } })).toMatch(
    /managed by Helm release shop\/shop: change it there too/,
  )
  expect(sick({ annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/api' } })).toMatch(
    /managed by Argo CD application shop: change it there, or the change is undone/,
  )
  expect(sick({})).not.toMatch(/managed by/)
})
