// What policy says to a command line: parsed, turned into effects, tiered, and held against the level. Nothing is sent.
import { type Level, Level as Levels, type Risk, type Tier, type Verdict } from '../core/plan.ts'
import { parseCommand } from '../kube/kubectl/grammar.ts'
import type { Command, Refusal } from '../kube/kubectl/grammar-command.ts'
import { verdictAt } from './autonomy.ts'
import { effectsOfChange } from './command-changes.ts'
import { effectsOfHelm } from './command-helm.ts'
import { effectOfRead, isReadVerb, printsSecrets } from './command-reads.ts'
import type { Effect, World } from './effects.ts'
import { isProtected, type Protection, protectedNamespaces } from './protect.ts'
import { riskOf, type Tiered, tierName, tierOf, worst } from './tier.ts'

export interface CommandJudgement {
  verdict: Verdict
  /** null when the verdict is a hard denial: no tier excuses it */
  tier: Tier | null
  risk: Risk
  /** clauses, the decisive one first, without a full stop */
  reasons: string[]
  /** absent when the grammar refuses the line: such a command is judged, and never compiled or run */
  command?: Command
}

export interface JudgeOptions {
  /** what is known of the cluster; absent: nothing, and every state counts as the worse */
  snapshot?: World
  level?: Level
  protection?: Protection
}

/** Judges one line by what it would do. Pure: the same line, world and level give the same judgement. */
export function judgeCommand(line: string, options: JudgeOptions = {}): CommandJudgement {
  return judgeParsed(parseCommand(line), options)
}

function judgeParsed(parsed: Command | Refusal, options: JudgeOptions = {}): CommandJudgement {
  const level = options.level ?? Levels.enum.L1
  const names = protectedNamespaces(options.protection)
  const command = parsed.ok ? parsed : parsed.command
  if (!parsed.ok && (parsed.kind === 'denied' || !command)) return deny(parsed.reason, undefined)
  if (!command) return deny('this is no command', undefined)

  const tiered = effectsOf(command, options.snapshot, names).map((effect) => tierOf(effect, names, options.snapshot))
  // nothing is known about a verb, flag or value outside the grammar, and what is known of the rest may be worse still
  if (!parsed.ok) tiered.push({ tier: 9, denied: false, reason: parsed.reason })
  const decisive = worst(tiered)
  if (decisive.denied) return deny(decisive.reason, parsed.ok ? command : undefined)
  const reasons = [decisive.reason, ...others(tiered, decisive)]
  const verdict = verdictAt(level, decisive.tier)
  reasons.push(
    `the ${tierName(decisive.tier)} tier (${decisive.tier}) is ${verdict === 'ask' ? 'asked about' : verdict === 'allow' ? 'allowed' : 'denied'} at ${level}`,
  )
  const judgement = { verdict, tier: decisive.tier, risk: riskOf(decisive.tier), reasons }
  return parsed.ok ? { ...judgement, command } : judgement
}

function others(tiered: Tiered[], decisive: Tiered): string[] {
  const reasons = new Set(
    tiered.filter(({ tier, reason }) => tier > 0 && reason !== decisive.reason).map(({ reason }) => reason),
  )
  return [...reasons].slice(0, 4)
}

function deny(reason: string, command: Command | undefined): CommandJudgement {
  const judgement: CommandJudgement = { verdict: 'deny', tier: null, risk: 'CRITICAL', reasons: [reason] }
  return command ? { ...judgement, command } : judgement
}

/** Everything a command would do. Never empty. */
function effectsOf(command: Command, world: World | undefined, names: ReadonlySet<string>): Effect[] {
  const path = command.subverb ? `${command.verb} ${command.subverb}` : command.verb
  const hard = alwaysDenied(command, path, world)
  if (hard) return [hard]
  if (command.flags.get('help')?.at(-1) === 'true')
    return [{ does: 'named', tier: 9, words: 'prints help and does nothing' }]
  if (isReadVerb(command.program, path)) return [effectOfRead(command, path, world)]
  // exactly `client` or `server`: the API server, or kubectl itself, changes nothing
  if (command.dryRun !== 'none') return [{ does: 'read' }]
  const effects =
    command.program === 'helm'
      ? effectsOfHelm(command, path, (name) => isProtected(name, names))
      : effectsOfChange(command, path, world)
  if (effects.every((effect) => effect.does === 'read')) return effects
  if (isProtected(command.namespace, names)) {
    effects.push({ does: 'denied', words: `the namespace ${command.namespace} is protected: nothing in it is changed` })
  }
  // -A, or all Namespaces at once, reaches the protected ones
  if (command.allNamespaces) {
    effects.push({ does: 'denied', words: 'changes objects in all namespaces, the protected ones too' })
  }
  if (effects.some((effect) => effect.does !== 'read' && isEveryOf('Namespace', effect))) {
    effects.push({ does: 'denied', words: 'changes all namespaces, the protected ones too' })
  }
  return effects
}

/** Nodes and namespaces that no name or state narrows may be any of them. */
function isEveryOf(kind: string, effect: Effect): boolean {
  return effect.does !== 'read' && effect.target?.kind === kind && effect.target.name === undefined
}

/** What no dry run excuses: printing Secrets, running a program, writing files. Identity flags are the grammar's. */
function alwaysDenied(command: Command, path: string, world: World | undefined): Effect | undefined {
  // helm does not read `_` as `-`; a spelling that nothing takes is still no reason to be milder
  const names = [...command.flags.keys()].map((name) => name.replaceAll('_', '-').toLowerCase())
  if (names.some((name) => name.startsWith('post-renderer'))) {
    return { does: 'denied', words: 'runs a program of its own (--post-renderer)' }
  }
  if (names.includes('output-dir') || names.includes('output-directory')) {
    return { does: 'denied', words: 'writes files on the machine it runs on' }
  }
  if (command.program === 'helm') {
    // a dry run and a template print what they render
    const isPrinted = command.dryRun !== 'none' || path === 'template'
    return isPrinted && names.includes('set-file')
      ? { does: 'denied', words: 'prints a file of the machine it runs on' }
      : undefined
  }
  // a profile of kubectl itself goes to a file; `debug --profile` is another thing
  if (path !== 'debug' && !['none', undefined].includes(command.flags.get('profile')?.at(-1))) {
    return { does: 'denied', words: 'writes files on the machine it runs on' }
  }
  return printsSecrets(command, path, world)
}
