// The supervisor, its sub-agents and their tools against a practice cluster, with a scripted model behind the real client.
import type { ChatCompletionRequest } from '@copilotkit/aimock'
import { afterEach, expect, it } from 'vitest'
import { textOf, WIRES, wholeText } from '../fakes/model/model.ts'
import { answerCall, delegating, hasResult, isSupervisor, openWorld, type World } from './rigs/world.ts'

let world: World | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

for (const wire of WIRES) {
  it(`delegates to two sub-agents at once and answers with the calls they made (${wire})`, async () => {
    world = await openWorld(
      (request) => {
        if (isSupervisor(request)) {
          if (hasResult(request))
            return answerCall({
              answer: 'The release removed DATABASE_URL.',
              claims: [
                { claim: 'The pods crash.', calls: ['c1'] },
                { claim: 'Invented.', calls: ['c77'] },
              ],
              next: 'Roll back.',
            })
          return {
            calls: [
              { name: 'delegate_to_troubleshooting', args: { instruction: 'Why does checkout crash?' } },
              { name: 'delegate_to_networking', args: { instruction: 'Has the Service endpoints?' } },
            ],
          }
        }
        if (hasResult(request)) return 'I looked and found it [c1].'
        const networking = wholeText(request).includes('Networking sub-agent')
        return {
          calls: [
            networking
              ? { name: 'get_services', args: { namespace: 'shop' } }
              : { name: 'get_pods', args: { namespace: 'shop' } },
          ],
        }
      },
      { wire },
    )
    const answer = await world.ask('why is checkout failing in shop')
    expect(answer.text).toContain('The release removed DATABASE_URL.')
    expect(answer.text).toMatch(/The pods crash\. \(c1 get_/)
    expect(answer.text).toContain('Invented. (no call named)')
    expect(answer.partial.join()).toContain('1 of 2 claims name no call that was made')
    expect(answer.findings.length).toBeGreaterThan(0)
    expect(answer.model).toMatchObject({ name: `${wire} scripted-1` })
    expect(answer.model?.tokens).toBeGreaterThan(0)
    expect(world.calls.map(({ agent, tool, ok }) => `${agent} ${tool} ${ok}`).sort()).toEqual([
      'networking get_services true',
      'troubleshooting get_pods true',
    ])
    expect(world.progress.join('\n')).toMatch(/Troubleshooting: Why does checkout crash\?/)
    expect(world.progress.join('\n')).toMatch(/Networking: get services/)
    // the findings come first: the supervisor's first request carries them
    const [first] = world.model.requests
    expect(first && textOf(first.messages.find(({ role }) => role === 'user'))).toMatch(
      /<findings>\nf1 \[critical, root cause\]/,
    )
  })
}

it('answers from the findings alone when the model adds nothing', async () => {
  world = await openWorld(() => 'The findings say it all: checkout crashes.')
  const answer = await world.ask('why is checkout failing in shop')
  expect(answer.text).toContain('The findings say it all')
  expect(answer.text).toContain('Confidence: low.')
})

it('corrects the premise first, and shows confidence, gaps and the next step', async () => {
  world = await openWorld(() =>
    answerCall({
      premise: 'web is not down: 3 of 3 replicas are ready.',
      answer: 'It was slow because checkout fails.',
      claims: [{ claim: 'All replicas are ready.', calls: ['f1'] }],
      confidence: 'medium',
      gaps: ['no metrics of last night'],
      next: 'Look at the latency of last night.',
    }),
  )
  const answer = await world.ask('why is web down in shop? what did you expect to see, compare')
  expect(answer.text).toMatch(/^web is not down: 3 of 3 replicas are ready\.\nIt was slow because checkout fails\./)
  expect(answer.text).toMatch(/Confidence: medium\.\nNext: Look at the latency/)
  expect(answer.partial).toContain('no metrics of last night')
})

it('asks back instead of answering when the model cannot tell what is meant', async () => {
  world = await openWorld(() => answerCall({ answer: '', question: 'Do you mean the checkout of shop?' }))
  const answer = await world.ask('why is checkout failing in shop')
  expect(answer.tone).toBe('ask')
  expect(answer.text).toBe('Do you mean the checkout of shop?')
})

it('lets the deterministic answer stand when the provider is down, and says so', async () => {
  world = await openWorld(() => ({ status: 503 }))
  const answer = await world.ask('why is checkout failing in shop')
  expect(answer.findings.length).toBeGreaterThan(0)
  expect(answer.text).toContain(answer.findings.find(({ root }) => root)?.summary ?? 'no finding')
  expect(answer.partial.join()).toMatch(
    /the model did not finish: openai \(scripted-1\) is not well \(503\); this is what the checks alone say/,
  )
})

it('lets the deterministic answer stand when time is over', async () => {
  world = await openWorld(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 3000))
      return 'late'
    },
    { agent: { AGENT_SECONDS: 1 } },
  )
  const answer = await world.ask('why is checkout failing in shop')
  expect(answer.partial.join()).toContain('the 1 s for one question are over')
  expect(answer.findings.length).toBeGreaterThan(0)
})

it('stops at the budget of model calls with what was found until then', async () => {
  world = await openWorld(
    (request) => {
      if (isSupervisor(request))
        return {
          calls: [{ name: 'delegate_to_troubleshooting', args: { instruction: `look ${request.messages.length}` } }],
        }
      return 'Found so far: it crashes.'
    },
    { agent: { AGENT_MODEL_CALLS: 5 } },
  )
  const answer = await world.ask('why is checkout failing in shop')
  expect(world.model.requests).toHaveLength(5)
  expect(answer.partial.join()).toContain('the budget of 5 model calls for one question is used up')
  expect(answer.text).toContain('Found so far: it crashes.')
})

it('does not repeat an identical call, and says so', async () => {
  let seen = ''
  world = await openWorld(
    delegating('troubleshooting', (request) => {
      const results = request.messages.filter(({ role }) => role === 'tool')
      if (results.length < 2)
        return {
          calls: [
            {
              name: 'get_pods',
              args: results.length === 0 ? { namespace: 'shop' } : { labels: '', namespace: 'shop' },
            },
          ],
        }
      seen = textOf(results.at(-1))
      return 'done'
    }),
  )
  await world.ask('why is checkout failing in shop')
  expect(seen).toContain('You made this same call already, as c1')
  expect(world.calls).toHaveLength(1)
})

it('tells the model what was asked and what came back when a tool fails', async () => {
  let seen = ''
  world = await openWorld(
    delegating('troubleshooting', (request) => {
      if (!hasResult(request))
        return { calls: [{ name: 'get_pod_logs', args: { namespace: 'shop', pod: 'no-such-pod' } }] }
      seen = textOf(request.messages.at(-1))
      return 'done'
    }),
  )
  await world.ask('why is checkout failing in shop')
  expect(seen).toMatch(/^c1: get_pod_logs\(.*no-such-pod.*\) failed: .*not found/)
})

it('proposes a change only when asked for one, compiled and in scope', async () => {
  const script = (request: ChatCompletionRequest) =>
    wholeText(request).includes('"propose_change"')
      ? {
          calls: [
            {
              name: 'propose_change',
              args: {
                commands: ['kubectl rollout undo deployment/checkout -n shop'],
                reason: 'The last release broke it.',
              },
            },
          ],
        }
      : answerCall({ answer: 'Only words.' })
  world = await openWorld(script)
  const asked = await world.ask('why is checkout failing in shop, and please fix it')
  expect(asked.propose).toMatchObject({
    author: 'model',
    actions: [{ verb: 'rollback', target: { kind: 'Deployment', namespace: 'shop', name: 'checkout' } }],
  })
  const unasked = await world.ask('why is checkout failing in shop')
  expect(unasked.propose).toBeUndefined()
  expect(unasked.text).toContain('Only words.')
})

it('lets sub-agents work at the same time', async () => {
  let now = 0
  let most = 0
  world = await openWorld(async (request) => {
    if (isSupervisor(request))
      return hasResult(request)
        ? answerCall({})
        : {
            calls: ['security', 'monitoring', 'networking'].map((skill) => ({
              name: `delegate_to_${skill}`,
              args: { instruction: 'look' },
            })),
          }
    most = Math.max(most, ++now)
    await new Promise((resolve) => setTimeout(resolve, 100))
    now--
    return 'looked'
  })
  await world.ask('why is checkout failing in shop')
  expect(most).toBe(3)
})

it('gives the model no secret that a person wrote', async () => {
  const secret = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'
  world = await openWorld(() => answerCall({}))
  await world.ask(`why is checkout failing in shop? my token is ${secret}`, { reflect: true })
  expect(world.model.requests.length).toBeGreaterThan(1)
  expect(world.model.requests.map(wholeText).join('')).not.toContain(secret)
})

it('makes no more tool calls in one thread than its five minutes allow', async () => {
  let seen = ''
  world = await openWorld(
    delegating('troubleshooting', (request) => {
      if (!hasResult(request))
        return { calls: ['get_pods', 'get_nodes', 'get_jobs'].map((name) => ({ name, args: {} })) }
      seen = textOf(request.messages.at(-1))
      return 'looked'
    }),
    { agent: { AGENT_TOOL_CALLS_PER_5_MIN: 2 } },
  )
  await world.ask('why is checkout failing in shop', { thread: 'slack/T/C/1' })
  expect(seen).toContain('too many tool calls in the last minutes')
  expect(world.calls).toHaveLength(2)
})

it('numbers every call once, refused ones too', async () => {
  world = await openWorld(
    delegating('networking', (request) => {
      // get_nodes is there; get_hpa was given to others only
      const calls = ['get_services', 'get_hpa', 'get_pods', 'get_hpa'].map((name) => ({ name, args: {} }))
      return hasResult(request) ? 'looked' : { calls }
    }),
  )
  await world.ask('why is checkout failing in shop')
  const ids = (world.calls as unknown as { id: string }[]).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

it('starts every sub-agent with at most 3000 tokens', async () => {
  const skills = ['administration', 'cost_optimization', 'monitoring', 'networking', 'security', 'troubleshooting']
  world = await openWorld(
    (request) => {
      if (!isSupervisor(request)) return 'looked'
      const calls = skills.map((skill) => ({ name: `delegate_to_${skill}`, args: { instruction: 'Why? '.repeat(40) } }))
      return hasResult(request) ? answerCall({}) : { calls }
    },
    { prometheus: 'http://127.0.0.1:9' },
  )
  await world.ask('why is checkout failing in shop')
  const sizes = world.model.requests.map((request) => Math.ceil(wholeText(request).length / 4))
  expect(sizes).toHaveLength(skills.length + 2)
  expect(Math.max(...sizes.slice(0, -1))).toBeLessThanOrEqual(3000)
})
