// What people type about incidents: "incidents", "incident 4f2a", "silence 4f2a for 4h", "resolve"; without an id it is the incident of the thread.
const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 }
export const LONGEST_SILENCE_MS = 30 * UNITS.d
const USUAL_SILENCE_MS = UNITS.h

export type IncidentOrder =
  | { verb: 'incidents'; does: 'list'; all: boolean }
  | { verb: 'incidents'; does: 'show' | 'acknowledge' | 'assign' | 'resolve'; id?: string }
  | { verb: 'incidents'; does: 'silence'; id?: string; ms: number }

const DOES = {
  show: 'show',
  ack: 'acknowledge',
  acknowledge: 'acknowledge',
  take: 'assign',
  assign: 'assign',
  resolve: 'resolve',
} as const
const ID = '([0-9a-f]{3,32})'
const LIST = /^(?:list |show )?(?:open |the )?incidents(?: list)?( --all| all)?$/
const SHOW = new RegExp(`^(?:show )?(?:incident|incidents show) ${ID}$`)
const VERB = new RegExp(`^(?:incidents? )?(ack|acknowledge|take|assign|resolve)(?: incident)?(?: ${ID}| it| this)?$`)
const SILENCE = new RegExp(
  `^(?:incidents? )?silence(?: incident)?(?: ${ID}| it| this)?(?: (?:for |--for )?(\\d{1,5}) ?([mhd]))?$`,
)

/** Only these forms and nothing around them: "silence the noise in shop" is a question. */
export function incidentOrderOf(text: string): IncidentOrder | undefined {
  const said = text.toLowerCase().replace(/\s+/g, ' ').trim()
  const list = LIST.exec(said)
  if (list) return { verb: 'incidents', does: 'list', all: list[1] !== undefined }
  const show = SHOW.exec(said)
  if (show) return { verb: 'incidents', does: 'show', ...named(show[1]) }
  const verb = VERB.exec(said)
  if (verb) return { verb: 'incidents', does: DOES[verb[1] as keyof typeof DOES], ...named(verb[2]) }
  const silence = SILENCE.exec(said)
  if (!silence) return undefined
  const ms = silence[2] ? durationOf(`${silence[2]}${silence[3]}`) : USUAL_SILENCE_MS
  return ms === undefined ? undefined : { verb: 'incidents', does: 'silence', ms, ...named(silence[1]) }
}

/** Milliseconds of `30m`, `4h`, `2d`, up to 30 days; undefined for anything else. */
export function durationOf(text: string): number | undefined {
  const match = /^(\d{1,5})([mhd])$/.exec(text)
  const ms = match ? Number(match[1]) * UNITS[match[2] as keyof typeof UNITS] : 0
  return ms >= UNITS.m && ms <= LONGEST_SILENCE_MS ? ms : undefined
}

function named(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id }
}
