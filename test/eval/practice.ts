// A scenario in the practice cluster, asked in chat of the whole app; where a fix is offered, it is approved, watched, and asked about again.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { loadFiles } from '../../src/objects/files.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { buttonOf, launch, type Ship, textOf } from '../flows/ship.ts'
import { CORPORA, namesIn } from './score.ts'

interface Ref {
  kind: string
  name: string
}
interface Expected {
  namespace?: string
  healthy?: boolean
  rootCauses: { object: Ref; alternatives?: Ref[]; mentions: string[] }[]
}

export interface Practised {
  scenario: string
  /** what is wrong with the answer; undefined when nothing is */
  wrong: string | undefined
  /** label of the fix that was offered and approved */
  fix: string | undefined
  /** what verify said of it */
  verdict: string | undefined
  /** the first words of the answer to the same question afterwards */
  after: string | undefined
  seconds: number
}

// what changes no workload has nothing that could be watched: it is just done
const WATCH_MS = 460_000
const VERDICT =
  /(?:Healthy|Not healthy) after \d+ s[^"\\\n]{0,200}|could not [^"\\\n]{0,200}|was refused[^"\\\n]{0,200}/

/** `mend: false` leaves a fix that is offered alone. */
export async function practise(folder: string, scenario: string, mend = true): Promise<Practised> {
  const started = performance.now()
  const expected: Expected = parse(readFileSync(join(folder, scenario, 'expect.yaml'), 'utf8'))
  const ship = await launch({ load: await loadFiles([join(folder, scenario, 'cluster.yaml')]), practice: true })
  try {
    const question = `what is wrong${expected.namespace ? ` in ${expected.namespace}` : ''}?`
    const thread = await answered(ship, question)
    const wrong = mistakeIn(textOf(ship.thread(thread)), expected)
    const card = ship.thread(thread).find(fixOf)
    const fix = card && fixOf(card)
    const verdict = mend && card && fix && wrong === undefined ? await approve(ship, thread, card, fix) : undefined
    const after = verdict === undefined ? undefined : textOf(ship.thread(await answered(ship, question))).slice(0, 300)
    return { scenario, wrong, fix, verdict, after, seconds: (performance.now() - started) / 1000 }
  } finally {
    await ship.stop()
  }
}

/** Prints a line for each public scenario; false when an answer or a fix was wrong. */
export async function practiceAll(only: RegExp, print: (line: string) => void): Promise<boolean> {
  const folder = CORPORA[0] ?? ''
  let right = true
  for (const name of namesIn(folder).filter((each) => only.test(each))) {
    const { wrong, fix, verdict, seconds } = await practise(folder, name)
    const good = wrong === undefined && (fix === undefined || /^(?:Healthy|Done)/.test(verdict ?? ''))
    right &&= good
    print(
      `${good ? '✓' : '✗'} ${name} ${seconds.toFixed(1)} s${wrong ? ` ${wrong}` : ''}${fix ? ` ${fix}: ${verdict}` : ''}`,
    )
  }
  return right
}

async function answered(ship: Ship, question: string): Promise<FakeMessage> {
  const { root } = await ship.ask(question, /\S/)
  await ship.until('the end of the answer', () => root.reactions.some(({ name }) => name === 'white_check_mark'))
  return root
}

async function approve(ship: Ship, thread: FakeMessage, card: FakeMessage, fix: string): Promise<string> {
  ship.slack.press({ message: card, user: 'U1', action: buttonOf(card, fix) ?? '' })
  const label = (message: FakeMessage) => ['Approve', 'Approve…'].find((each) => buttonOf(message, each))
  const plan = await ship.until('the plan', () => ship.thread(thread).find(label))
  ship.slack.press({ message: plan, user: 'U2', action: buttonOf(plan, label(plan) ?? '') ?? '' })
  let typed = false
  return ship
    .until(
      'the verdict',
      () => {
        const form = [...ship.slack.world.views.values()].find(({ user }) => user === 'U2')
        if (form && !typed) {
          typed = true
          ship.slack.submit('U2', { name: /"hint":\{[^}]*"text":"([^"]+)"/.exec(JSON.stringify(form.view))?.[1] ?? '' })
        }
        return VERDICT.exec(textOf(ship.thread(thread).slice(1)))?.[0]
      },
      WATCH_MS,
    )
    .catch(() => {
      const said = textOf(ship.thread(thread).slice(1))
      return /\bDone\./.test(said) ? 'Done.' : `no verdict: ${said.slice(0, 1500)}`
    })
}

function fixOf(message: FakeMessage): string | undefined {
  return (message.blocks ?? [])
    .flatMap((block) => (block as { elements?: { text?: { text?: string } }[] }).elements ?? [])
    .flatMap(({ text }) => text?.text ?? [])
    .find((label) => label.startsWith('Propose '))
}

function mistakeIn(answer: string, { healthy, rootCauses }: Expected): string | undefined {
  if (healthy) return /Nothing is wrong/.test(answer) ? undefined : 'it is healthy'
  const missing = rootCauses.flatMap(({ object, alternatives = [], mentions }) => [
    ...([object, ...alternatives].some(({ name }) => answer.includes(name)) ? [] : [object.name]),
    ...mentions.filter((mention) => !new RegExp(mention, 'i').test(answer)),
  ])
  return missing.length > 0 ? `not said: ${missing.join(', ')}` : undefined
}
