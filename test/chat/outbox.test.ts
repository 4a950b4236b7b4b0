// The outbox against a Slack that fails in every way it can: nothing lost, nothing twice, order kept.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutbox } from '../../src/chat/outbox.ts'
import { futureThread } from '../../src/chat/threads.ts'
import { textCard } from '../../src/core/card.ts'
import type { Thread } from '../../src/core/thread.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { ANSWERS, type Play, playScene } from './rigs/scene.ts'
import { eventually, sleep, startRedis, type TestRedis } from './support.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const scene = (play: Play) => playScene(redis, play)

describe.concurrent('a message is said once', () => {
  it.each(['before', 'after'] as const)('when the connection breaks %s Slack has posted it', (cut) =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'chat.postMessage', times: 1, cut })
      await say(one, where, 'first')
      await say(one, where, 'second')
      await eventually('both', () => texts(where).length >= 2)
      await sleep(500)
      expect(texts(where)).toEqual(['first', 'second'])
    }),
  )

  it('when Slack answers with an internal error after posting', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'chat.postMessage', times: 1, status: 503 })
      await say(one, where, 'first')
      await eventually('the message', () => texts(where).length === 1)
      expect(texts(where)).toEqual(['first'])
    }))

  it(
    'when the bot is killed between sending and recording',
    () =>
      scene(async ({ bot, childBot, thread, say, texts, slack, store }) => {
        const where = thread('C1')
        const child = await childBot()
        slack.fault({ method: 'chat.postMessage', times: 1, holdMs: 5000 })
        const outbox = createOutbox({ store })
        await say({ outbox }, where, 'first')
        await eventually('the post', () => texts(where).length === 1)
        child.kill('SIGKILL')
        await say({ outbox }, where, 'second')
        await bot()
        await eventually('the second', () => texts(where).length >= 2, 25_000)
        await sleep(500)
        expect(texts(where)).toEqual(['first', 'second'])
        expect(await outbox.posted(where, 'first')).toMatchObject({ thread: where })
      }),
    40_000,
  )

  it('when Slack posts it, breaks the connection, and is away or limits us when we look for it', () =>
    scene(async ({ bot, slack, thread, say, texts }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'chat.postMessage', times: 1, cut: 'after' })
      slack.fault({ method: 'conversations.replies', times: 1, retryAfter: 1 })
      await say(one, where, 'first')
      await say(one, where, 'second')
      await eventually('the post', () => texts(where).length === 1)
      slack.outage(true)
      await sleep(2000)
      slack.outage(false)
      await eventually('the second', () => texts(where).includes('second'), 20_000)
      expect(texts(where)).toEqual(['first', 'second'])
    }))

  it('or, where we may not look back, rather twice than not at all', () =>
    scene(async ({ bot, slack, thread, say, texts }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'conversations.replies', error: 'missing_scope' })
      slack.fault({ method: 'chat.postMessage', times: 1, cut: 'before' })
      await say(one, where, 'first')
      await eventually('the message', () => texts(where).length === 1)
      expect(await one.outbox.dead()).toEqual([])
    }))

  it('also a private note, where it is a direct message', () =>
    scene(async ({ bot, slack }) => {
      const one = await bot()
      const channel = slack.dm('U1MIRA')
      const where: Thread = { platform: 'slack', workspace: slack.world.team, channel, thread: '', direct: true }
      const to = { platform: 'slack' as const, workspace: slack.world.team, id: 'U1MIRA' }
      slack.fault({ method: 'chat.postMessage', times: 1, cut: 'after' })
      await one.outbox.put({ kind: 'private', key: 'n', thread: where, to, card: textCard('only you') })
      await eventually('the note', async () => (await one.outbox.counts()).waiting === 0)
      expect(slack.said(channel)).toHaveLength(1)
      // the same key may say something else later
      await one.outbox.put({ kind: 'private', key: 'n', thread: where, to, card: textCard('and this') })
      await eventually('the second note', () => slack.said(channel).length === 2)
    }))

  it('when an uploaded file is not acknowledged', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'files.completeUploadExternal', times: 1, cut: 'after' })
      await one.outbox.put({
        kind: 'post',
        key: 'file',
        thread: where,
        card: textCard('with a file'),
        attachments: [{ name: 'a.txt', data: 'all of it', encoding: 'utf8' }],
        root: false,
      })
      await say(one, where, 'next')
      await eventually('the next', () => texts(where).includes('next'))
      expect(slack.said('C1').flatMap((message) => message.files ?? [])).toHaveLength(1)
    }))

  it('by two bots on the same data, and in order', () =>
    scene(async ({ bot, thread, say, texts, another }) => {
      const other = await another()
      const [one, two] = [await bot(), await bot({}, other)]
      const threads = Array.from({ length: 6 }, (_, n) => thread(`C${n}`))
      await Promise.all(
        threads.map(async (where) => {
          for (let n = 0; n < 4; n += 1) await say(n % 2 ? one : two, where, `m${n}`)
        }),
      )
      await eventually('all', () => threads.every((where) => texts(where).length >= 4), 20_000)
      await sleep(300)
      for (const where of threads) expect(texts(where)).toEqual(['m0', 'm1', 'm2', 'm3'])
    }))
})

describe.concurrent('limits and outages', () => {
  it(
    'rides out a storm of 429s, waiting as long as Slack says',
    () =>
      scene(async ({ bot, thread, say, texts, slack }) => {
        const one = await bot()
        const threads = Array.from({ length: 5 }, (_, n) => thread(`C${n}`))
        slack.fault({ method: 'chat.postMessage', times: 4, retryAfter: 1 })
        for (const where of threads) for (let n = 0; n < 3; n += 1) await say(one, where, `m${n}`)
        await eventually('all', () => threads.every((where) => texts(where).length >= 3), 25_000)
        for (const where of threads) expect(texts(where)).toEqual(['m0', 'm1', 'm2'])
        // what was on its way when the 429 came may still arrive; after that there is silence for as long as Slack said
        const last = slack.requests.findLast((request) => request.status === 429)!.at
        const posts = slack.requests.filter((request) => request.method === 'chat.postMessage')
        expect(posts.filter(({ at }) => at > last + 400 && at < last + 900)).toEqual([])
        expect((await one.outbox.counts()).limited).toBeGreaterThan(0)
      }),
    40_000,
  )

  it(
    'loses nothing that is put while Slack is away',
    () =>
      scene(async ({ bot, thread, say, texts, slack }) => {
        const one = await bot()
        const where = thread('C1')
        await say(one, where, 'before')
        await eventually('the first', () => texts(where).length === 1)
        slack.outage(true)
        for (const n of [1, 2, 3]) await say(one, where, `during ${n}`)
        await sleep(2500)
        slack.outage(false)
        await say(one, where, 'after')
        await eventually('all', () => texts(where).length >= 5, 25_000)
        expect(texts(where)).toEqual(['before', 'during 1', 'during 2', 'during 3', 'after'])
      }),
    40_000,
  )

  it('edits a message at most once in three seconds, and not at all for a body that is outdated', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      await say(one, where, 'k', 'body 0')
      await eventually('the post', () => texts(where).length === 1)
      for (let n = 1; n <= 20; n += 1) {
        await say(one, where, 'k', `body ${n}`)
        await sleep(20)
      }
      await eventually('the newest', () => texts(where)[0] === 'body 20')
      const bodies = slack.said('C1')[0]!.history
      // the first edit may follow the post at once
      expect(bodies).toHaveLength(3)
      expect(bodies[2]!.at - bodies[1]!.at).toBeGreaterThanOrEqual(2900)
    }))

  it('lets a waiting edit not hold up what comes after it', () =>
    scene(async ({ bot, thread, say, texts }) => {
      const one = await bot()
      const where = thread('C1')
      await say(one, where, 'a', 'first')
      await eventually('the post', () => texts(where).length === 1)
      await say(one, where, 'a', 'first, edited once')
      await eventually('the first edit', () => texts(where).includes('first, edited once'))
      await say(one, where, 'a', 'first, edited')
      await say(one, where, 'b', 'second')
      await eventually('the second', () => texts(where).includes('second'), 2500)
      await eventually('the edit', () => texts(where).includes('first, edited'))
    }))
})

describe.concurrent('what can never be said', () => {
  it('becomes a dead letter with its reason, and the thread goes on', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      slack.fault({ method: 'chat.postMessage', times: 1, error: 'restricted_action' })
      await say(one, where, 'refused')
      await say(one, where, 'next')
      await eventually('the next', () => texts(where).includes('next'))
      const [letter] = await one.outbox.dead()
      expect(letter).toMatchObject({ key: 'refused', kind: 'post', thread: where })
      expect(letter!.why).toContain('restricted_action')
      expect((await one.outbox.counts()).dead).toBe(1)
    }))

  it('an edit of a message that somebody deleted is dropped, and nothing is said twice', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      await say(one, where, 'k', 'first')
      await eventually('the post', () => texts(where).length === 1)
      slack.world.messages.splice(slack.world.messages.indexOf(slack.said('C1')[0]!), 1)
      await say(one, where, 'k', 'edited')
      await eventually('its end', async () => (await one.outbox.dead()).length === 1)
      expect(texts(where)).toEqual([])
    }))

  it('a token that was revoked is an outage: the message waits for its repair', () =>
    scene(async ({ bot, thread, say, texts, slack }) => {
      const one = await bot()
      const where = thread('C1')
      const repair = slack.fault({ method: 'chat.postMessage', error: 'token_revoked' })
      await say(one, where, 'patient')
      await sleep(700)
      repair()
      await eventually('the message', () => texts(where).length === 1)
      expect(await one.outbox.dead()).toEqual([])
    }))
})

describe.concurrent('threads', () => {
  it('a thread may be spoken in before its root is posted, and people find it under the same name', () =>
    scene(async ({ bot, say, slack }) => {
      const one = await bot(ANSWERS)
      slack.addChannel({ id: 'C1', name: 'incidents' })
      const future = futureThread(
        { platform: 'slack', workspace: slack.world.team, channel: 'C1', direct: false },
        'inc-7',
      )
      await one.outbox.put({
        kind: 'post',
        key: 'root',
        thread: future,
        card: textCard('shop is down'),
        attachments: [],
        root: true,
      })
      await say(one, future, 'detail', 'the database is gone')
      const root = await eventually('the root', () => slack.said('C1')[0])
      await eventually('the reply', () => slack.said('C1')[1]?.thread_ts === root.ts)
      slack.write({ channel: 'C1', user: 'U1MIRA', text: 'since when?', thread_ts: root.ts })
      const task = await eventually('the follow-up', () => one.tasks[0])
      expect(task.thread).toEqual(future)
      await eventually('the answer', () => slack.said('C1')[2]?.thread_ts === root.ts)
    }))

  it('whoever asked where nothing may be said is told why in a direct message', () =>
    scene(async ({ bot, slack }) => {
      await bot(ANSWERS)
      slack.addChannel({ id: 'C1', is_restricted: true })
      slack.mention({ channel: 'C1', user: 'U1MIRA', text: 'pods' })
      const note = await eventually('the note', () => slack.said(slack.dm('U1MIRA'))[0])
      expect(showBlocks(note.blocks!)).toMatch(/^I cannot answer you there\. Slack refused: restricted_action\./)
    }))

  it('a private note reaches somebody who is not in the channel as a direct message', () =>
    scene(async ({ bot, slack }) => {
      const one = await bot()
      slack.addChannel({ id: 'C1', members: [slack.world.botUser] })
      const where: Thread = { platform: 'slack', workspace: slack.world.team, channel: 'C1', thread: '', direct: false }
      const to = { platform: 'slack' as const, workspace: slack.world.team, id: 'U1MIRA' }
      await one.outbox.put({ kind: 'private', key: 'n', thread: where, to, card: textCard('only you') })
      await eventually('the note', () => slack.said(slack.dm('U1MIRA')).length === 1)
    }))
})
