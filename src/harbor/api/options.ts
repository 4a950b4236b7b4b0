// The options of writes: dryRun, fieldManager, fieldValidation, force; and DeleteOptions from body and query.
import { FieldErrors, invalid } from '../invalid.ts'
import { isMap, type Json } from '../plain.ts'
import type { RemoveOptions } from '../remove.ts'
import { badRequest } from '../status.ts'
import { parseBody } from './body.ts'
import { integer } from './query.ts'
import type { ApiRequest } from './request.ts'

const MAX_MANAGER = 128

export interface WriteQuery {
  dryRun: boolean
  manager: string
}

/** `kind` names the options in refusals: CreateOptions, UpdateOptions, PatchOptions. */
export function writeOptions(request: ApiRequest, kind: string, apply = false): WriteQuery {
  const { query } = request
  const errors = new FieldErrors()
  const dryRun = query.getAll('dryRun').filter((value) => value !== '')
  checkDryRun(dryRun, errors)
  const asked = query.get('fieldManager') ?? ''
  if (Buffer.byteLength(asked) > MAX_MANAGER) {
    errors.tooLong('fieldManager', `may not be more than ${MAX_MANAGER} bytes`)
  }
  if (apply && asked === '') errors.required('fieldManager', 'is required for apply patch')
  if (kind === 'PatchOptions' && !apply && query.get('force')) {
    errors.forbidden('force', 'may not be specified for non-apply patch')
  }
  const validation = query.get('fieldValidation') ?? ''
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation)) {
    errors.notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn'])
  }
  if (errors.list.length > 0) throw invalid(kind, 'meta.k8s.io', '', errors)
  return { dryRun: dryRun.length > 0, manager: asked || request.agent }
}

function checkDryRun(values: Json[], errors: FieldErrors): void {
  if (values.some((value) => value !== 'All')) errors.notSupported('dryRun', values, ['All'])
}

const POLICIES = ['Foreground', 'Background', 'Orphan']

/** DeleteOptions: of the body, or where there is none, of the query; the API server never looks at both. */
export function deleteOptions(request: ApiRequest): RemoveOptions {
  const query = request.body.length > 0 ? new URLSearchParams() : request.query
  const body = request.body.length > 0 ? bodyOptions(request) : {}
  const dryRun: Json[] = body.dryRun ?? query.getAll('dryRun').filter((value) => value !== '')
  const policy = body.propagationPolicy ?? query.get('propagationPolicy') ?? undefined
  const asked = body.gracePeriodSeconds ?? integer(query, 'gracePeriodSeconds')
  // less than nothing is as soon as can be
  const grace = typeof asked === 'number' && asked < 0 ? 1 : asked
  const orphan =
    body.orphanDependents ?? (query.has('orphanDependents') ? query.get('orphanDependents') !== 'false' : undefined)
  const errors = new FieldErrors()
  if (policy !== undefined && orphan !== undefined) {
    errors.invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set')
  }
  if (policy !== undefined && !POLICIES.includes(policy)) {
    errors.notSupported('propagationPolicy', policy, [...POLICIES, 'nil'])
  }
  checkDryRun(dryRun, errors)
  if (errors.list.length > 0) throw invalid('DeleteOptions', 'meta.k8s.io', '', errors)
  return {
    dryRun: dryRun.length > 0,
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(orphan === undefined ? {} : { propagationPolicy: orphan ? 'Orphan' : 'Background' }),
    ...(body.preconditions ? { preconditions: body.preconditions } : {}),
  }
}

function bodyOptions(request: ApiRequest): Record<string, Json> {
  const { value } = parseBody(request, 'DeleteOptions')
  if (!isMap(value)) throw badRequest('json: cannot unmarshal into Go value of type v1.DeleteOptions')
  checkOptions(value)
  return value
}

/** The types of the fields of DeleteOptions, wherever they stand. */
export function checkOptions(value: Record<string, Json>): void {
  const { kind, apiVersion } = value
  if (kind !== undefined && kind !== 'DeleteOptions') {
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion ?? '')} in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"`,
    )
  }
  const wrong = (field: string, type: string) =>
    badRequest(
      `json: cannot unmarshal ${typeof value[field]} into Go struct field DeleteOptions.${field} of type ${type}`,
    )
  const kinds: [string, string, (item: Json) => boolean][] = [
    ['gracePeriodSeconds', 'int64', Number.isInteger],
    ['propagationPolicy', 'v1.DeletionPropagation', (item) => typeof item === 'string'],
    ['orphanDependents', 'bool', (item) => typeof item === 'boolean'],
    ['dryRun', '[]string', (item) => Array.isArray(item)],
    ['preconditions', 'v1.Preconditions', isMap],
  ]
  for (const [field, type, fits] of kinds) {
    if (value[field] === null) delete value[field]
    if (value[field] !== undefined && !fits(value[field])) throw wrong(field, type)
  }
}
