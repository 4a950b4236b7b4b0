// Errors as the API says them: every refusal is a Status body with a code, a reason and the server's own wording.
export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export interface StatusBody {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, never>
  status: 'Failure' | 'Success'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

/** Thrown by every verb of the world; `body` is what the client gets, `code` its HTTP status. */
export class StatusError extends Error {
  override name = 'StatusError'
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined
  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }

  get body(): StatusBody {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason ? { reason: this.reason } : {}),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    }
  }
}

/** What a refusal is about: the plural and group of its resource. */
export interface ResourceName {
  plural: string
  group: string
}

function resourceText({ plural, group }: ResourceName): string {
  return group ? `${plural}.${group}` : plural
}

export function notFound(resource: ResourceName, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${resourceText(resource)} "${name}" not found`, {
    name,
    ...(resource.group ? { group: resource.group } : {}),
    kind: resource.plural,
  })
}

export function alreadyExists(resource: ResourceName, name: string): StatusError {
  return new StatusError(409, 'AlreadyExists', `${resourceText(resource)} "${name}" already exists`, {
    name,
    ...(resource.group ? { group: resource.group } : {}),
    kind: resource.plural,
  })
}

export function conflict(resource: ResourceName, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${resourceText(resource)} "${name}": ${why}`
  return new StatusError(409, 'Conflict', message, {
    name,
    ...(resource.group ? { group: resource.group } : {}),
    kind: resource.plural,
  })
}

export function forbidden(resource: ResourceName, name: string, why: string): StatusError {
  const named = name ? `${resourceText(resource)} "${name}"` : resourceText(resource)
  return new StatusError(403, 'Forbidden', `${named} is forbidden: ${why}`, {
    ...(name ? { name } : {}),
    ...(resource.group ? { group: resource.group } : {}),
    kind: resource.plural,
  })
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}

export function isStatus(error: unknown, code: number): error is StatusError {
  return error instanceof StatusError && error.code === code
}
