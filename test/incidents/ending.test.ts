// What ended a trouble, as the cluster tells it, and what an incident remembers so that it can be told.
import { describe, expect, it } from 'vitest'
import { endingOf } from '../../src/incidents/ending.ts'
import { type Cause, Incident, withCause } from '../../src/incidents/incident.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'

const owner = { kind: 'Deployment', namespace: 'shop', name: 'web' }

function cause(more: Partial<Cause> = {}): Cause {
  return {
    check: 'image-pull',
    object: owner,
    summary: 'cannot pull',
    cause: 'no such tag',
    evidence: [],
    remedy: 'correct the tag',
    action: null,
    others: [],
    partial: [],
    ...more,
  }
}

function replicaSet(revision: number, image: string): KubeObject {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${revision}`,
      namespace: 'shop',
      uid: `rs-${revision}`,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'web', controller: true }],
    },
    spec: { replicas: 1, template },
  }
}

function world(replicas: number | undefined, more: KubeObject[] = [], unread: string[] = []): Snapshot {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'shop', name: 'web', uid: 'web' },
    spec: { replicas },
  }
  const objects = replicas === undefined ? more : [deployment, ...more]
  return new Snapshot({ cluster: 'prod', now: new Date(), objects, unread })
}

describe('what ended it', () => {
  const missing = { kind: 'ConfigMap', namespace: 'shop', name: 'settings' }
  const created = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name: 'settings' } }
  const rolled = [replicaSet(2, 'shop/web:1.1'), replicaSet(1, 'shop/web:1.0')]
  it.each<[string, Snapshot, Cause, string | undefined]>([
    ['its deletion', world(undefined), cause(), 'Deployment shop/web was deleted'],
    ['scaling to zero', world(0), cause(), 'Deployment shop/web was scaled to zero'],
    [
      'what was missing',
      world(2, [created]),
      cause({ object: missing, absent: true }),
      'ConfigMap shop/settings was created',
    ],
    [
      'a rollout',
      world(2, rolled),
      cause({ revision: 1 }),
      'revision 2 was rolled out (image shop/web:1.0 → shop/web:1.1)',
    ],
    [
      'nothing that tells, when it was the newest revision already',
      world(2, rolled),
      cause({ revision: 2 }),
      undefined,
    ],
    ['nothing that tells, when it is as it was', world(2), cause(), undefined],
  ])('is %s', (_what, snapshot, known, words) => {
    expect(endingOf(snapshot, owner, known)).toBe(words)
  })

  it('is not its deletion, when it could not be looked for', () => {
    expect(endingOf(world(undefined, [], ['Deployment']), owner, cause())).toBeUndefined()
  })
})

it('the revision of a trouble is that of its beginning, also while a rollout is under way', () => {
  const incident = Incident.parse({
    id: 'abc123',
    cluster: 'prod',
    state: 'open',
    severity: 'warning',
    fingerprint: 'f',
    family: 'f',
    owners: [owner],
    cause: cause({ revision: 1 }),
    reasons: [],
    text: '',
    sources: ['event'],
    count: 1,
    openedAt: new Date().toISOString(),
    lastSignAt: new Date().toISOString(),
    threads: [{ platform: 'slack', workspace: 'T1', channel: 'C1', thread: '@i', direct: false }],
    timeline: [],
  })
  expect(withCause(incident, cause({ revision: 2, summary: '1 of 2' }))?.cause).toMatchObject({
    revision: 1,
    summary: '1 of 2',
  })
  // another trouble has a beginning of its own
  expect(withCause(incident, cause({ revision: 2, check: 'crash-loop' }))?.cause?.revision).toBe(2)
  expect(withCause(incident, cause({ revision: 2 }))).toBeUndefined()
})
