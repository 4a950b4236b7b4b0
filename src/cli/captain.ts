// `stop` / `resume` and `autonomy`: explicit, on record, and in force for every process that shares the store.

import { UsageError } from '../core/errors.ts'
import { personKey } from '../core/people.ts'
import { Level } from '../core/plan.ts'
import { mayMove } from '../safety/autonomy.ts'
import { type Desk, isNamed, withDesk } from './approvals.ts'
import type { Io } from './io.ts'
import { readOptions, text } from './options.ts'

const STOP_USAGE = `Usage: firstmate stop --reason TEXT

From now on no change is sent, in no process; what is in flight is reported. Any approver may stop, only an admin resumes.
`
const RESUME_USAGE = `Usage: firstmate resume

Lifts the emergency stop (ADMINS only).
`
const AUTONOMY_USAGE = `Usage: firstmate autonomy get
       firstmate autonomy set L0|L1|L2|L3|L4

Raising the level needs an admin (ADMINS), lowering it any approver.
`

export async function stop(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(args, { reason: { type: 'string' } }, STOP_USAGE, io)
  if (!parsed) return 0
  const reason = text(parsed, 'reason')
  if (!reason) throw new UsageError('stop needs --reason TEXT: it is shown in every refusal.')
  return withDesk(async (desk) => {
    if (!isAdmin(desk) && !isNamed(desk.me, desk.config.APPROVERS))
      throw new UsageError(
        `Only approvers and admins may stop, and ${personKey(desk.me)} is neither (APPROVERS, ADMINS).`,
      )
    await desk.audit.append({ kind: 'stop', who: personKey(desk.me), data: { reason } })
    await desk.standing.pullStop(desk.me, reason)
    io.out(`Stopped: no further change is sent until an admin resumes (${reason}).\n`)
    return 0
  })
}

export async function resume(args: string[], io: Io): Promise<number> {
  if (!readOptions(args, {}, RESUME_USAGE, io)) return 0
  return withDesk(async (desk) => {
    const { stop: stopped } = await desk.standing.read()
    if (!stopped) {
      io.out('Nothing is stopped.\n')
      return 0
    }
    if (!isAdmin(desk)) throw new UsageError(`Only an admin resumes, and ${personKey(desk.me)} is not in ADMINS.`)
    await desk.audit.append({ kind: 'resume', who: personKey(desk.me), data: { stopped: stopped.reason } })
    await desk.standing.releaseStop(desk.me)
    io.out('Resumed: approved changes are sent again.\n')
    return 0
  })
}

export async function autonomy(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(args, {}, AUTONOMY_USAGE, io, 2)
  if (!parsed) return 0
  const [verb = 'get', wanted] = parsed.positionals
  return withDesk(async (desk) => {
    const { level: current } = await desk.standing.read()
    if (verb === 'get') {
      io.out(`${current} (at most ${desk.config.AUTONOMY_MAX}, by AUTONOMY_MAX)\n`)
      return 0
    }
    const level = Level.safeParse(wanted)
    if (verb !== 'set' || !level.success)
      throw new UsageError(`autonomy takes "get" or "set LEVEL"; allowed levels are ${Level.options.join(', ')}.`)
    const allowed = mayMove(current, level.data, {
      admin: isAdmin(desk),
      approver: isNamed(desk.me, desk.config.APPROVERS),
    })
    if (!allowed)
      throw new UsageError(
        `${personKey(desk.me)} may not move the level from ${current} to ${level.data}: raising needs ADMINS, lowering APPROVERS.`,
      )
    await desk.audit.append({ kind: 'autonomy', who: personKey(desk.me), data: { from: current, to: level.data } })
    await desk.standing.setLevel(level.data, desk.me)
    io.out(
      `${level.data}${level.data > desk.config.AUTONOMY_MAX ? ` (in force: ${desk.config.AUTONOMY_MAX}, by AUTONOMY_MAX)` : ''}\n`,
    )
    return 0
  })
}

function isAdmin(desk: Desk): boolean {
  return isNamed(desk.me, desk.config.ADMINS)
}
