// `delete`, with the grace period and the cascade that kubectl would send.
import type { Action } from '../../core/action.ts'
import { UsageError } from '../../core/errors.ts'
import type { ObjectRef } from '../../core/ref.ts'
import { parseGoInt } from '../../kube/kubectl/grammar-args.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import { isTrue, last, perTarget, type Verb } from './targets.ts'

export const DELETES: Record<string, Verb> = {
  delete: { compile: perTarget(deletion), flags: 'cascade grace-period now force' },
}

function deletion(target: ObjectRef, command: Command): Action {
  const graceSeconds = graceOf(command)
  const cascade = cascadeOf(command)
  const grace = graceSeconds === undefined ? {} : { graceSeconds }
  if (target.kind === 'Node') throw new UsageError('nodes are not deleted')
  if (target.kind === 'Namespace') {
    if (graceSeconds !== undefined || cascade !== undefined)
      throw new UsageError('a namespace is deleted without a grace period or cascade of its own')
    return { verb: 'delete-namespace', name: target.name }
  }
  if (target.kind === 'Pod' && cascade === undefined) return { verb: 'delete-pod', target, ...grace }
  if (target.kind === 'HorizontalPodAutoscaler' && cascade === undefined && graceSeconds === undefined)
    return { verb: 'delete-hpa', target }
  return { verb: 'delete', target, ...grace, ...(cascade ? { cascade } : {}) }
}

/** kubectl/pkg/cmd/delete: --now is one second; 0 without --force becomes 1, with it 0; negative says nothing. */
function graceOf(command: Command): number | undefined {
  const seconds = parseGoInt(last(command, 'grace-period') ?? '-1') ?? -1
  const isForced = isTrue(command, 'force')
  if (isTrue(command, 'now')) {
    if (seconds !== -1) throw new UsageError('--now and --grace-period are not taken together')
    return 1
  }
  if (isForced && seconds > 0) throw new UsageError('--force and a --grace-period above 0 are not taken together')
  if (isForced) return 0
  if (seconds === 0) return 1
  return seconds < 0 ? undefined : seconds
}

function cascadeOf(command: Command): 'foreground' | 'orphan' | undefined {
  const cascade = last(command, 'cascade')
  if (cascade === undefined || ['', 'background', 'true'].includes(cascade)) return undefined
  if (cascade === 'foreground') return 'foreground'
  if (cascade === 'orphan' || cascade === 'false') return 'orphan'
  throw new UsageError(`--cascade=${cascade.slice(0, 20)} is not known; allowed are background, foreground and orphan`)
}
