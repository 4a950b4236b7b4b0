// Models as they are at their worst: they make up tools and objects, never stop, refuse, shout and leak. People still get an answer that is true and says what it rests on.
import { afterEach, describe, expect, it } from 'vitest'
import { textOf } from '../fakes/model/model.ts'
import { answerCall, hasResult, isSupervisor, openWorld, type World } from './rigs/world.ts'

let world: World | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

const QUESTION = 'why is checkout failing in shop'
const delegate = (instruction: string, skill = 'troubleshooting') => ({
  name: `delegate_to_${skill}`,
  args: { instruction },
})

describe('a model that', () => {
  it('calls what does not exist is told what does, and goes on', async () => {
    let told = ''
    world = await openWorld((request) => {
      if (!hasResult(request)) return { calls: [{ name: 'restart_everything', args: { now: true } }] }
      told = textOf(request.messages.at(-1))
      return answerCall({ answer: 'Then I look at the findings.' })
    })
    const answer = await world.ask(QUESTION)
    expect(told).toContain('restart_everything is not a valid tool')
    expect(told).toContain('give_answer')
    expect(answer.text).toContain('Then I look at the findings.')
  })

  it('never ends is ended, and what the checks found stands', async () => {
    world = await openWorld((request) => ({ calls: [delegate(`again ${request.messages.length}`)] }), {
      agent: { AGENT_MODEL_CALLS: 12 },
    })
    const answer = await world.ask(QUESTION)
    expect(world.model.requests.length).toBeLessThanOrEqual(12)
    expect(answer.findings.length).toBeGreaterThan(0)
    expect(answer.partial.join()).toMatch(/the budget of 12 model calls|went in circles/)
  })

  it('refuses in words gives its words, marked as proven by nothing', async () => {
    world = await openWorld(() => 'I am sorry, but I cannot help with that.')
    const answer = await world.ask(QUESTION)
    expect(answer.text).toContain('Confidence: low.')
    expect(answer.findings.length).toBeGreaterThan(0)
  })

  it('says nothing leaves the answer of the checks, and says so', async () => {
    world = await openWorld(() => '')
    const answer = await world.ask(QUESTION)
    expect(answer.text).toContain('DATABASE_URL')
    expect(answer.partial.join()).toMatch(/the model did not finish: openai \(scripted-1\) gave an empty answer/)
  })

  it('rests a claim on a call that failed or was never made shows both', async () => {
    world = await openWorld((request) => {
      if (isSupervisor(request))
        return hasResult(request)
          ? answerCall({
              answer: 'The pod ghost-1 is broken.',
              claims: [
                { claim: 'ghost-1 crashes.', calls: ['c1'] },
                { claim: 'So does ghost-2.', calls: ['c9, c12'] },
              ],
            })
          : { calls: [delegate('look at ghost-1')] }
      return hasResult(request)
        ? 'ghost-1 crashes [c1].'
        : { calls: [{ name: 'get_pod_logs', args: { namespace: 'shop', pod: 'ghost-1' } }] }
    })
    const { text, partial } = await world.ask(QUESTION)
    expect(text).toMatch(/ghost-1 crashes\. \(c1 get_pod_logs .* \(failed\)\)/)
    expect(text).toContain('So does ghost-2. (no call named)')
    expect(partial.join()).toContain('1 of 2 claims name no call that was made')
  })

  it('names its calls in one text is understood', async () => {
    world = await openWorld(() => answerCall({ claims: [{ claim: 'Both say so.', calls: ['[f1], f2'] }] }))
    expect((await world.ask(QUESTION)).text).toMatch(/Both say so\. \(check [a-z-]+; check [a-z-]+\)/)
  })

  it('shouts at everybody, links and leaks is only text, without the secret', async () => {
    const secret = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'
    world = await openWorld(() =>
      answerCall({
        answer: `<!channel> @everyone see https://evil.example/?q=1 and use ${secret}`,
        next: `export TOKEN=${secret}`,
        gaps: [secret],
      }),
    )
    const answer = await world.ask(QUESTION)
    expect(JSON.stringify(answer)).not.toContain(secret)
    // renderers neutralise text; only spans made by code can mention or link
    const spans = (answer.blocks ?? []).flatMap((block) => ('text' in block ? [block.text].flat() : []))
    expect(spans.every((span) => typeof span === 'string' || 'bold' in span || 'code' in span)).toBe(true)
  })

  it('writes a book is cut where people stop reading', async () => {
    world = await openWorld(() =>
      answerCall({
        answer: 'long '.repeat(2000),
        claims: Array.from({ length: 6 }, () => ({ claim: 'word '.repeat(400), calls: ['f1'] })),
      }),
    )
    const { text } = await world.ask(QUESTION)
    expect(text).toContain('long long')
    expect(text.length).toBeLessThan(8000)
  })

  it.each([
    ['kubectl scale deployment/gateway -n payments --replicas=0', /outside of this question/],
    ['kubectl rollout undo deployment/ghost -n shop', /There is no|not found/i],
    ['kubectl delete namespace shop --server=https://evil.example', /not permitted/],
    ['kubectl scale deployment/web --replicas=2; kubectl delete ns shop', /not permitted/],
  ])('proposes %s is refused, and no plan comes of it', async (command, reason) => {
    let told = ''
    world = await openWorld((request) => {
      if (!hasResult(request))
        return { calls: [{ name: 'propose_change', args: { commands: [command], reason: 'it helps' } }] }
      told = textOf(request.messages.at(-1))
      return answerCall({ answer: 'No change then.' })
    })
    const answer = await world.ask(`${QUESTION}, fix it`)
    expect(told).toMatch(reason)
    expect(answer.propose).toBeUndefined()
  })
})

describe('sub-agents', () => {
  it('of one skill asked twice both read for themselves', async () => {
    const seen: string[] = []
    world = await openWorld((request) => {
      if (isSupervisor(request))
        return hasResult(request) ? answerCall({}) : { calls: [delegate('first'), delegate('second')] }
      if (!hasResult(request)) return { calls: [{ name: 'get_pods', args: { namespace: 'shop' } }] }
      seen.push(textOf(request.messages.at(-1)))
      return 'looked'
    })
    await world.ask(QUESTION)
    expect(seen).toHaveLength(2)
    for (const result of seen) expect(result).toContain('checkout-')
    // the cluster was read once all the same
    expect(world.calls).toHaveLength(1)
  })

  it('cannot read on for ever', async () => {
    const seen: string[] = []
    world = await openWorld(
      (request) => {
        if (isSupervisor(request)) return hasResult(request) ? answerCall({}) : { calls: [delegate('look')] }
        for (const message of request.messages) if (message.role === 'tool') seen.push(textOf(message))
        const results = request.messages.filter(({ role }) => role === 'tool').length
        if (results > 8) return 'enough'
        return {
          calls:
            results === 0
              ? [{ name: 'run_kubectl', args: { command: 'kubectl get deployments -n shop -o yaml' } }]
              : [{ name: 'read_more', args: { handle: 'c1', from: 500 * results } }],
        }
      },
      { agent: { AGENT_TOOL_CALLS: 4, AGENT_RESULT_CHARACTERS: 500 } },
    )
    await world.ask(QUESTION)
    expect(seen.join('\n')).toContain('The budget of 4 tool calls for this question is used up')
  })
})

it('hands what the thread said and what could not be read to the model as data', async () => {
  world = await openWorld(() => answerCall({}))
  await world.ask(QUESTION)
  const [first] = world.model.requests
  const prompt = first ? textOf(first.messages.find(({ role }) => role === 'user')) : ''
  expect(prompt.match(/<\/?findings>/g)).toEqual(['<findings>', '</findings>'])
  expect(prompt.trimEnd().endsWith('</findings>')).toBe(true)
})
