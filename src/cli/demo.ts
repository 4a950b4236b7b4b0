// `demo`: the story on the practice cluster, printed: a terminal conversation, then the same bot over the wire in Slack. No account, no network.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FakeSlack } from '../../test/fakes/slack/slack.ts'
import { plainAgent } from '../agent/plain/index.ts'
import { type App, startApp } from '../app.ts'
import { createTerminal, type Terminal } from '../chat/terminal/adapter.ts'
import { loadConfig } from '../config.ts'
import { UnavailableError } from '../core/errors.ts'
import { incidentSettings } from '../incidents/settings.ts'
import { clusterAt, clustersOf } from '../kube/clusters.ts'
import { createLogger } from '../log.ts'
import { type Io, screen as screenOf } from './io.ts'
import { readOptions } from './options.ts'
import { practiceFiles } from './practice.ts'
import { stopSignal } from './signals.ts'

const USAGE = `Usage: firstmate demo

Plays the story on the practice cluster and prints it; exits 0 when every answer was right. Needs redis-server, and nothing else.
`

interface Line {
  say: string
  /** what a right answer holds; the demo fails loudly when it does not */
  expect: RegExp
}

const TALK: Line[] = [
  { say: 'what is wrong in shop?', expect: /DATABASE_URL/ },
  { say: 'how many pods are not ready?', expect: /4 of 9 pods/ },
  { say: 'previous logs of recommender', expect: /loading model/ },
  { say: 'why is search failing in staging?', expect: /0\.9\.2-beta/ },
  { say: 'is payments ok?', expect: /Nothing is wrong in payments/ },
  { say: 'kubectl get pods -n payments -l app=ledger', expect: /ledger-\S+\s+1\/1/ },
]
const SLACK_QUESTION: Line = { say: 'why is checkout failing in shop?', expect: /DATABASE_URL/ }
// the plan ran once, for the right person, and the workload is healthy
const PLAN_HEALED = /Approved by .*jo[\s\S]*Healthy after/
const RECOVERED = /Recovered after/
const WISH = 'scale ledger in payments to 4'
// what was approved is refused because the world is another by now, the fresh plan runs, and the way back is walked too
const STEPS: { button?: [user: string, label: string]; expect: RegExp }[] = [
  { expect: /replicas: 2 → 4[\s\S]*\[Approve\]/ },
  { button: ['U2', 'Approve'], expect: /changed since it was planned[\s\S]*replicas: 3 → 4[\s\S]*\[Approve\]/ },
  { button: ['U2', 'Approve'], expect: /Healthy after[\s\S]*4 of 4 replicas/ },
  { button: ['U1', 'Undo'], expect: /replicas: 4 → 3[\s\S]*\[Approve\]/ },
  { button: ['U2', 'Approve'], expect: /Healthy after[\s\S]*3 of 3 replicas/ },
]
const INCIDENTS = 'C2'
// a demo has less patience than a real watcher
const QUICK = { INCIDENT_CALM: 2000, WATCHDOG_WAITING: 500, INCIDENT_EDIT_EVERY: 1000, WATCHDOG_CHECKS_EVERY: 0 }
const PATIENCE_MS = 20_000
const STEADY_MS = 300

export async function demo(args: string[], io: Io): Promise<number> {
  if (!readOptions(args, {}, USAGE, io)) return 0
  const started = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'firstmate-demo-'))
  const [{ startHarbor }, { startFakeSlack }] = await Promise.all([
    import('../harbor/index.ts'),
    import('../../test/fakes/slack/slack.ts'),
  ])
  const [harbor, slack] = await Promise.all([
    practiceFiles([], io.stdin).then((load) => startHarbor({ load, name: 'practice' })),
    startFakeSlack(),
  ])
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addUser({ id: 'U2', name: 'jo' })
  slack.addChannel({ id: 'C1', name: 'ops', members: ['U1', 'U2', slack.world.botUser] })
  slack.addChannel({ id: INCIDENTS, name: 'incidents', members: ['U1', 'U2', slack.world.botUser] })
  const screen = createScreen(io)
  const interrupted = new AbortController()
  void stopSignal().then(() => interrupted.abort(new UnavailableError('The demo was interrupted.')))
  let app: App | undefined
  try {
    // nothing of the person's own settings is read
    const config = loadConfig(
      {
        DATA_DIR: folder,
        SLACK_BOT_TOKEN: slack.botToken,
        SLACK_APP_TOKEN: slack.appToken,
        SLACK_API_URL: slack.apiUrl,
        APPROVERS: 'slack:U2',
        INCIDENT_CHANNELS: `slack:${INCIDENTS}`,
      },
      false,
    )
    let terminal: Terminal | undefined
    app = await startApp({
      config,
      roles: ['bot', 'worker', 'executor', 'watcher'],
      incidents: { ...incidentSettings({}, false), ...QUICK },
      clusters: clustersOf([clusterAt('practice', harbor.url)]),
      practice: true,
      log: createLogger({ level: 'error', format: 'pretty' }),
      health: false,
      agent: async () => plainAgent,
      adapters: (context) => {
        terminal = createTerminal(context, {
          input: new PassThrough(),
          output: screen.stream,
          user: 'you',
          ...screenOf(),
          prompt: '',
        })
        return [terminal]
      },
    })
    io.out(
      'Firstmate on a practice cluster: a web shop after a bad release. Nothing here is real.\n\n── In the terminal ──\n\n',
    )
    const settled = patience(app, interrupted.signal)
    let right = 0
    for (const line of TALK) if (terminal && (await talk(terminal, settled, screen, line, io))) right++
    io.out('── In Slack: the same bot, over the wire ──\n\n')
    slack.mention({ channel: 'C1', user: 'U1', text: SLACK_QUESTION.say })
    const answered = await settled(() => slack.show('C1'), SLACK_QUESTION.expect)
    if (SLACK_QUESTION.expect.test(answered)) right++
    io.out(`${answered}\n\n── Mira presses "Propose rollback"; only Jo may approve ──\n\n`)
    press(slack, 'U1', 'Propose rollback')
    await settled(() => slack.show('C1'), /\[Approve\]/)
    press(slack, 'U1', 'Approve')
    await settled(() => slack.world.ephemerals.map((one) => one.text).join(), /approvers/)
    press(slack, 'U2', 'Approve')
    const changed = await settled(() => slack.show('C1'), PLAN_HEALED)
    io.out(`${changed.slice(answered.length).trim()}\n\n`)
    io.out(`   (to Mira alone: ${slack.world.ephemerals.at(-1)?.text ?? ''})\n\n`)
    if (PLAN_HEALED.test(changed)) right++
    io.out(
      '── Mira wants more; before Jo approves, somebody else changes the object; at last Mira takes it back ──\n\n',
    )
    const wished = await wish(settled, slack, harbor.url, changed.length)
    io.out(`${wished.text.trim()}\n\n`)
    if (wished.right) right++
    io.out('── In #incidents: what the watcher made of it, by itself ──\n\n')
    const incident = await settled(() => threadAbout('shop/checkout', slack.show(INCIDENTS)), RECOVERED)
    io.out(`${incident}\n\n`)
    if (RECOVERED.test(incident)) right++
    const all = TALK.length + 4
    io.out(
      `${right} of ${all} things went right, in ${((performance.now() - started) / 1000).toFixed(1)} s. Your turn: npm run -s firstmate -- chat --practice\n`,
    )
    return right === all ? 0 : 1
  } finally {
    await app?.stop()
    await Promise.all([harbor.close(), slack.stop()])
    await rm(folder, { recursive: true, force: true })
  }
}

async function talk(terminal: Terminal, settled: Settled, screen: Screen, line: Line, io: Io): Promise<boolean> {
  screen.clear()
  io.out(`you › ${line.say}\n`)
  await terminal.type(line.say)
  const answer = await settled(screen.text, line.expect)
  const right = line.expect.test(answer)
  if (!right) io.out(`✗ this answer should have said ${line.expect}\n\n`)
  return right
}

/** A plan that the world overtakes: what the channel shows of it from `at` on. */
async function wish(
  settled: Settled,
  slack: FakeSlack,
  cluster: string,
  at: number,
): Promise<{ text: string; right: boolean }> {
  slack.mention({ channel: 'C1', user: 'U1', text: WISH })
  const shown = () => slack.show('C1').slice(at)
  let right = true
  for (const { button, expect } of STEPS) {
    if (button) press(slack, ...button)
    right &&= expect.test(await settled(shown, expect))
    if (!button) await changeMeanwhile(cluster)
  }
  return { text: shown(), right }
}

/** As a colleague would with kubectl, past Firstmate. */
async function changeMeanwhile(cluster: string): Promise<void> {
  await fetch(`${cluster}/apis/apps/v1/namespaces/payments/deployments/ledger`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ spec: { replicas: 3 } }),
  })
}

/** Waits until the right thing stands there and does not change any more. */
type Settled = (text: () => string, expect: RegExp) => Promise<string>

function patience(app: App, interrupted: AbortSignal): Settled {
  return async (text, expect) => {
    const until = performance.now() + PATIENCE_MS
    let last = ''
    let since = performance.now()
    while (performance.now() < until) {
      await sleep(25)
      interrupted.throwIfAborted()
      if (text() !== last) {
        last = text()
        since = performance.now()
      }
      if (expect.test(last) && performance.now() - since >= STEADY_MS) return last
    }
    if (last === '')
      throw new UnavailableError(`Nothing was answered within ${PATIENCE_MS / 1000} s (${app.store.where}).`)
    return last
  }
}

/** The root message that speaks of something, with its replies. */
function threadAbout(what: string, channel: string): string {
  const threads = channel.split(/\n(?=\S)/)
  return threads.find((thread) => thread.split('\n')[0]?.includes(what)) ?? ''
}

/** Presses the newest button with that label, as Slack delivers a press. */
function press(slack: FakeSlack, user: string, label: string): void {
  for (const message of slack.said('C1').toReversed()) {
    const elements = (message.blocks ?? []).flatMap(
      (block) => (block as { elements?: { text?: { text?: string }; action_id?: string }[] }).elements ?? [],
    )
    const action = elements.find((element) => element.text?.text === label)?.action_id
    if (action) {
      slack.press({ message, user, action })
      return
    }
  }
}

interface Screen {
  stream: Writable
  text(): string
  clear(): void
}

function createScreen(io: Io): Screen {
  let seen = ''
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      seen += String(chunk)
      io.out(String(chunk))
      done()
    },
  })
  return { stream, text: () => seen, clear: () => (seen = '') }
}
