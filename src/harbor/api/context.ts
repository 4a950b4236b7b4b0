// What every handler needs beside the request.
import type { ServerResponse } from 'node:http'
import type { Realm } from '../realm.ts'
import type { Resource } from '../registry.ts'
import type { Accepted } from './accept.ts'
import type { ApiRequest, ResourcePath } from './request.ts'

export interface Context {
  realm: Realm
  request: ApiRequest
  accepted: Accepted
  warn: (text: string) => void
  /** for handlers that stream */
  response: ServerResponse
  /** called when the server closes: streams end */
  onClose: (end: () => void) => () => void
}

export interface ResourceContext extends Context {
  resource: Resource
  path: ResourcePath
}
