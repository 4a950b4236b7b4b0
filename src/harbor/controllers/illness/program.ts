// What a container's command does, for the few commands that anyone tries a cluster with: true, false, exit, sleep, echo, and shells of those.
import type { KubeObject } from '../../../objects/object.ts'
import type { Course } from './course.ts'

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash'])
const MAX_STEPS = 100

interface Run {
  afterMs: number
  code: number
  logs: string[]
}

/** Undefined when the command is one that runs on, or that nobody here knows. */
export function programCourse(container: KubeObject['spec']): Course | undefined {
  const words: string[] = [...(container?.command ?? []), ...(container?.args ?? [])].map(String)
  const run = words.length > 0 ? runWords(words) : undefined
  if (!run) return undefined
  const { afterMs, code, logs } = run
  const exit = { afterMs: Math.max(200, afterMs), code, reason: code === 0 ? 'Completed' : 'Error' }
  return Number.isFinite(afterMs) ? { exit, logs } : { logs }
}

function runWords(words: string[]): Run | undefined {
  const [command = '', ...rest] = words
  const name = command.slice(command.lastIndexOf('/') + 1)
  if (!SHELLS.has(name)) return runStep(words)
  const flag = rest.findIndex((word) => /^-[a-z]*c$/.test(word))
  const script = flag >= 0 ? rest[flag + 1] : undefined
  return script === undefined || script.length > 2000 ? undefined : runScript(script)
}

function runScript(script: string): Run | undefined {
  // anything with control flow, pipes, redirection or substitution is more than is understood here
  if (/[|`<>{}&]|\$\(|\b(while|for|if|until|case)\b/.test(script.replaceAll('&&', ' '))) return undefined
  const total: Run = { afterMs: 0, code: 0, logs: [] }
  for (const step of script.split(/;|\n|&&/).slice(0, MAX_STEPS)) {
    const words = step.trim().match(/"[^"]*"|'[^']*'|\S+/g) ?? []
    if (words.length === 0) continue
    const run = runStep(words.map((word) => word.replace(/^(["'])(.*)\1$/, '$2')))
    if (!run) return undefined
    total.afterMs += run.afterMs
    total.code = run.code
    total.logs.push(...run.logs)
    if (words[0] === 'exit' || !Number.isFinite(run.afterMs)) break
  }
  return total
}

function runStep([command = '', ...rest]: string[]): Run | undefined {
  const name = command.slice(command.lastIndexOf('/') + 1)
  switch (name) {
    case 'true':
      return { afterMs: 500, code: 0, logs: [] }
    case 'false':
      return { afterMs: 500, code: 1, logs: [] }
    case 'exit':
      return { afterMs: 500, code: (Number.parseInt(rest[0] ?? '0', 10) || 0) & 255, logs: [] }
    case 'echo':
      return { afterMs: 100, code: 0, logs: [rest.join(' ')] }
    case 'date':
    case 'set':
      return { afterMs: 100, code: 0, logs: [] }
    case 'sleep':
      return { afterMs: sleepMs(rest[0]), code: 0, logs: [] }
    default:
      return undefined
  }
}

function sleepMs(text: string | undefined): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)([smhd]?)$/.exec(text ?? '')
  if (!match) return Number.POSITIVE_INFINITY
  const unit = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? ''] ?? 1000
  return Number(match[1]) * unit
}
