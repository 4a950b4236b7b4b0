// Twenty shapes of secrets in every input: none of them in any output, nor in anything that is kept.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createLogger } from '../../src/log.ts'
import { loadFiles } from '../../src/objects/files.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { launch, type Ship, STORY } from './ship.ts'

const alnum = (length: number) =>
  randomBytes(length * 2)
    .toString('base64')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, length)
const b64url = (text: string) => Buffer.from(text).toString('base64url')
const body = alnum(40)

/** shape → how it stands in a text; the secret part is what must not come out */
const CANARIES: Record<string, { text: string; secret: string }> = Object.fromEntries(
  (
    [
      ['jwt', (s: string) => s, `${b64url('{"alg":"HS256"}')}.${b64url(`{"sub":"${alnum(8)}"}`)}.${alnum(43)}`],
      ['pem', (s) => `-----BEGIN PRIVATE KEY-----\n${s}\n-----END PRIVATE KEY-----`, alnum(64)],
      ['aws id', (s) => `aws_access_key_id = ${s}`, `AKIA${alnum(16).toUpperCase()}`],
      ['aws secret', (s) => `aws_secret_access_key=${s}`, alnum(40)],
      ['google key', (s) => `key ${s}`, `AIza${alnum(35)}`],
      ['azure', (s) => `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${s};`, `${alnum(86)}==`],
      ['github', (s) => `token ${s}`, `ghp_${alnum(36)}`],
      ['gitlab', (s) => `clone with ${s}`, `glpat-${alnum(20)}`],
      ['slack', (s) => `SLACK=${s}`, `xoxb-${'1'.repeat(12)}-${'2'.repeat(12)}-${alnum(24)}`],
      ['openai', (s) => `using ${s}`, `sk-proj-${alnum(48)}`],
      ['anthropic', (s) => `using ${s}`, `sk-ant-api03-${alnum(90)}`],
      ['stripe', (s) => `charge with ${s}`, `sk_live_${alnum(24)}`],
      ['npm', (s) => `//registry/:_authToken=${s}`, `npm_${alnum(36)}`],
      [
        'dockerconfigjson',
        (s) => `{"auths":{"r.example.com":{"auth":"${s}"}}}`,
        Buffer.from(`user:${alnum(20)}`).toString('base64'),
      ],
      ['url userinfo', (s) => `connecting to postgres://app:${s}@db.shop:5432/shop`, alnum(18)],
      ['bearer', (s) => `Authorization: Bearer ${s}`, alnum(40)],
      ['basic', (s) => `authorization: Basic ${s}`, Buffer.from(`u:${alnum(20)}`).toString('base64')],
      ['password=', (s) => `login failed password=${s}`, alnum(16)],
      ['json password', (s) => `{"db_password": "${s}"}`, alnum(20)],
      ['yaml secret', (s) => `client_secret: ${s}`, alnum(24)],
      [
        'slack webhook',
        (s) => `post to https://hooks.slack.com/services/${s}`,
        `T${alnum(8).toUpperCase()}/B${alnum(8).toUpperCase()}/${alnum(24)}`,
      ],
      ['base64 of a secret', (s) => `blob ${s}`, Buffer.from(`password=${body}`).toString('base64')],
    ] as [string, (secret: string) => string, string][]
  ).map(([name, shape, secret]) => [name, { text: shape(secret), secret }]),
)

let ship: Ship
const logLines: string[] = []
beforeAll(async () => {
  const story = await loadFiles([STORY])
  const all = Object.values(CANARIES).map(({ text }) => text)
  const sick = story.objects.find(
    (object) => object.kind === 'Pod' && object.metadata.name.startsWith('checkout-7d9f'),
  ) as KubeObject
  sick.metadata.annotations = Object.fromEntries(all.map((text, at) => [`canary-${at}`, text]))
  for (const object of story.objects) {
    if (object.kind === 'Deployment' && object.metadata.name === 'checkout')
      object.spec.template.spec.containers[0].env = all.map((text, at) => ({ name: `SETTING_${at}`, value: text }))
    if (object.kind === 'Event' && object.reason === 'BackOff')
      object.message = `${object.message} ${all.slice(0, 12).join(' ')}`
    if (object.kind === 'Secret')
      object.data = Object.fromEntries(all.map((text, at) => [`k${at}`, Buffer.from(text).toString('base64')]))
  }
  for (const log of story.logs) if (log.pod.startsWith('checkout-7d9f')) log.text = `${log.text}${all.join('\n')}\n`
  story.objects.push({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', uid: 'cm-1', creationTimestamp: '2026-11-20T10:00:00Z' },
    data: { all: all.join('\n') },
  })
  ship = await launch({ load: story })
  createLogger({ write: (line) => logLines.push(line) }).info({ all }, all.join(' '))
}, 60_000)
afterAll(() => ship.stop())

it('says none of them in chat, and keeps none of them in Redis, the audit or a log', async () => {
  const questions: [string, RegExp][] = [
    ['why is checkout failing in shop?', /Cause/],
    ['logs of checkout in shop', /og of shop/],
    ['kubectl get deployment checkout -n shop -o yaml', /kind/],
    ['kubectl describe deployment checkout -n shop', /Namespace/],
    ['kubectl get configmap settings -n shop -o yaml', /kind/],
    ['kubectl describe secret checkout-db -n shop', /k0/],
    ['events in shop', /BackOff/],
    ['kubectl get pods -n shop -o json', /items/],
    ...Object.values(CANARIES)
      .slice(0, 6)
      .map(({ text }): [string, RegExp] => [`what about ${text.replaceAll('\n', ' ')} in shop`, /./]),
    ['set image of web to shop/web:4.0.0 in shop', /Approve/],
  ]
  for (const [question, expected] of questions) await ship.ask(question, expected)
  const said =
    JSON.stringify(ship.slack.world.messages.filter((message) => message.bot_id)) +
    JSON.stringify([...ship.slack.world.files.values()].map((file) => file.data?.toString('utf8')))
  const kept = await dump()
  for (const [name, { secret }] of Object.entries(CANARIES)) {
    for (const form of [secret, Buffer.from(CANARIES[name]?.text ?? '').toString('base64')]) {
      expect(said.includes(form), `${name} in chat`).toBe(false)
      expect(logLines.join('').includes(form), `${name} in a log`).toBe(false)
      expect(
        kept
          .filter(({ key }) => !key.includes('queue:worker'))
          .filter(({ value }) => value.includes(form))
          .map(({ key }) => key),
        `${name} in Redis`,
      ).toEqual([])
    }
  }
}, 120_000)

async function dump(): Promise<{ key: string; value: string }[]> {
  const { redis } = ship.app.store
  const rows: { key: string; value: string }[] = []
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key)
    const value = await (
      {
        string: () => redis.get(key),
        hash: () => redis.hgetall(key),
        list: () => redis.lrange(key, '0', '-1'),
        set: () => redis.smembers(key),
        zset: () => redis.zrange(key, '0', '-1'),
        stream: () => redis.xrange(key, '-', '+'),
      } as Record<string, () => Promise<unknown>>
    )[type]?.()
    rows.push({ key, value: JSON.stringify(value ?? '') })
  }
  return rows
}
