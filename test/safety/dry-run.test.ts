// Only what an API server takes for a dry run is judged as one: of a deletion with options in its body, it does not look at the query.
import { expect, it } from 'vitest'
import type { Request } from '../../src/core/plan.ts'
import { effectsOfRequest } from '../../src/safety/requests.ts'

const path = '/apis/apps/v1/namespaces/shop/deployments/web'
const options = { kind: 'DeleteOptions', preconditions: { uid: 'u' } }

it.each<[string, Request, string]>([
  [
    'a patch',
    { method: 'PATCH', path: `${path}?dryRun=All`, contentType: 'application/json-patch+json', body: [] },
    'read',
  ],
  ['a deletion without a body', { method: 'DELETE', path: `${path}?dryRun=All` }, 'read'],
  ['a deletion that says so in its body', { method: 'DELETE', path, body: { ...options, dryRun: ['All'] } }, 'read'],
  [
    'a deletion that says so beside its body',
    { method: 'DELETE', path: `${path}?dryRun=All`, body: options },
    'delete',
  ],
  ['a deletion that says something else', { method: 'DELETE', path, body: { ...options, dryRun: [] } }, 'delete'],
  ['a deletion', { method: 'DELETE', path, body: options }, 'delete'],
])('%s', (_, request, does) => expect(effectsOfRequest(request).map((effect) => effect.does)).toEqual([does]))
