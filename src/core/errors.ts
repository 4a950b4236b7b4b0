// Few error types; each is a branch somebody takes. Their messages are sentences a person may read.

/** Bad input: what, why, what is allowed. Never retried. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** A setting is missing or wrong: which, why, what is allowed. Stops the start. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

/** Not permitted, by the cluster or by policy. Never retried; `what` is e.g. "list nodes". */
export class NotPermittedError extends Error {
  override name = 'NotPermittedError'
  readonly what: string
  constructor(message: string, what: string) {
    super(message)
    this.what = what
  }
}

/** The thing asked for does not exist. Never retried. */
export class NotFoundError extends Error {
  override name = 'NotFoundError'
}

/** Somebody or something else got there first: decided, superseded, changed since. */
export class ConflictError extends Error {
  override name = 'ConflictError'
}

/** A far end is down or slow. May be retried after `retryAfterMs`. */
export class UnavailableError extends Error {
  override name = 'UnavailableError'
  readonly retryAfterMs: number | undefined
  constructor(message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The sentence of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
