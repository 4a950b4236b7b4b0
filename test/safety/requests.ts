// Exact requests as tests write them down, and the tier that each has.
import type { Request } from '../../src/core/plan.ts'
import { protectedNamespaces } from '../../src/safety/protect.ts'
import { effectsOfRequest } from '../../src/safety/requests.ts'
import { tierOf, worst } from '../../src/safety/tier.ts'
import { loadWorld } from './world.ts'

const names = protectedNamespaces()
export const world = loadWorld()

export const NOTHING = 'nothing is known'

/** Of a request against the live objects, or against nothing. */
export function tier(request: Request, given: typeof world | typeof NOTHING = world): number | 'denied' {
  const state = given === NOTHING ? undefined : given
  const found = worst(effectsOfRequest(request, state).map((effect) => tierOf(effect, names, state)))
  return found.denied ? 'denied' : found.tier
}

export const DEPLOY = '/apis/apps/v1/namespaces/shop/deployments'
export const json = (path: string, ...operations: object[]): Request => ({
  method: 'PATCH',
  path,
  contentType: 'application/json-patch+json',
  body: operations,
})
export const merge = (path: string, body: object): Request => ({
  method: 'PATCH',
  path,
  contentType: 'application/merge-patch+json',
  body,
})
export const strategic = (path: string, body: object): Request => ({
  method: 'PATCH',
  path,
  contentType: 'application/strategic-merge-patch+json',
  body,
})
export const apply = (path: string, body: object): Request => ({
  method: 'PATCH',
  path,
  contentType: 'application/apply-patch+yaml',
  body,
})
export const post = (path: string, body: object): Request => ({
  method: 'POST',
  path,
  contentType: 'application/json',
  body,
})
export const remove = (path: string, body: object = {}): Request => ({ method: 'DELETE', path, body })
export const container = (fields: object) => ({
  spec: { template: { spec: { containers: [{ name: 'checkout', ...fields }] } } },
})
