// One delivery of alerts, from raw bytes to stored signs: genuine, new and small enough, or refused with the reason.
import { ZodError } from 'zod'
import { messageOf, UsageError } from '../../core/errors.ts'
import type { Store } from '../../store/store.ts'
import { deliver } from '../notebook.ts'
import type { IncidentSettings } from '../settings.ts'
import type { AlertDoor, AlertRequest } from './door.ts'
import { ALERT_DOORS } from './index.ts'

export interface Taken {
  status: number
  /** one sentence for the sender */
  text: string
}

/** The sources that are configured. */
export function openDoorsOf(settings: IncidentSettings): AlertDoor[] {
  return ALERT_DOORS.filter((door) => door.configured(settings))
}

/** Never throws: what cannot be stored now is answered 503, so that the sender delivers it again. */
export async function takeAlert(
  door: AlertDoor,
  request: AlertRequest,
  context: { settings: IncidentSettings; store: Store; clusters: readonly string[] },
): Promise<Taken> {
  if (!door.isGenuine(request, context.settings))
    return { status: 401, text: 'The signature or token is missing, wrong or too old.' }
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8'))
    const signals = door.parse(body, context.clusters)
    const { mark, ms } = door.identity(request, body)
    const how = await deliver(context.store, mark, ms, signals)
    if (how === 'full') return { status: 429, text: 'Too many alerts are waiting; deliver it again later.' }
    // a sender that must not repeat hears so; one that repeats by design hears that all is well
    if (how === 'repeated')
      return door.name === 'signed'
        ? { status: 409, text: 'This delivery was taken before.' }
        : { status: 200, text: 'taken before' }
    return { status: 202, text: 'taken' }
  } catch (error) {
    const wrong = whatIsWrong(error)
    return wrong === undefined
      ? { status: 503, text: messageOf(error) }
      : { status: 400, text: `The body is not what this path expects: ${wrong}.` }
  }
}

/** For a sender that proved itself; undefined when the fault is ours. */
function whatIsWrong(error: unknown): string | undefined {
  if (error instanceof SyntaxError) return 'it is no JSON'
  if (error instanceof UsageError) return error.message
  if (!(error instanceof ZodError)) return undefined
  const [issue] = error.issues
  return `${issue?.path.length ? `${issue.path.join('.')}: ` : ''}${issue?.message ?? 'it does not fit'}`.slice(0, 300)
}
