// Questions in other languages than English, without a model: understood where a few words decide, asked back where more is said.
import { describe, expect, it } from 'vitest'
import { wantsChange } from '../../src/agent/model/wants.ts'
import { inEnglish } from '../../src/agent/plain/languages.ts'
import { parseRequest } from '../../src/agent/plain/parse.ts'

function short(question: string): string {
  const { ask, scope } = parseRequest(question)
  const names = scope.mentions.map(({ name }) => name)
  const change = ask.kind === 'change' ? ` ${ask.change.verb}` : ''
  const replicas = ask.kind === 'change' && ask.change.verb === 'scale' ? ` ${ask.change.replicas}` : ''
  const kinds = ask.kind === 'list' ? ` ${ask.count ? 'count ' : ''}${ask.of.map(({ kind }) => kind).join('+')}` : ''
  return `${ask.kind}${change}${replicas}${kinds}${names.length > 0 ? `: ${names.join(' ')}` : ''}`
}

describe('a question', () => {
  it.each([
    ['warum ist checkout kaputt?', 'diagnose: checkout'],
    ['was ist in shop los?', 'diagnose: shop'],
    ['zeig mir die pods in shop', 'list Pod: shop'],
    ['pods in shop auflisten', 'list Pod: shop'],
    ['wie viele pods gibt es in shop', 'list count Pod: shop'],
    ['logs von checkout', 'logs: checkout'],
    ['wer verbraucht am meisten speicher', 'top'],
    ['was hat sich in der letzten stunde geändert?', 'changes'],
    ['und was ist mit web?', 'diagnose: web'],
    ['zeig die logs davon', 'logs'],
    ['hallo', 'help'],
    ['danke', 'thanks'],
    ['por que checkout esta caído en shop?', 'diagnose: checkout shop'],
    ['¿qué pasa en shop?', 'diagnose: shop'],
    ['muéstrame los pods de shop', 'list Pod: shop'],
    ['cuántos pods hay en shop', 'list count Pod: shop'],
    ['logs de checkout', 'logs: checkout'],
    ['por que o checkout está caindo?', 'diagnose: checkout'],
    ['mostre os pods do shop', 'list Pod: shop'],
    ['quantos pods há no shop', 'list count Pod: shop'],
    ['pourquoi checkout ne marche pas ?', 'diagnose: checkout'],
    ['montre-moi les pods dans shop', 'list Pod: shop'],
    ['checkoutが落ちているのはなぜ?', 'diagnose: checkout'],
    ['shopのpodを見せて', 'list Pod: shop'],
    ['checkoutのログを見せて', 'logs: checkout'],
    ['为什么checkout挂了', 'diagnose: checkout'],
  ])('%s', (question, expected) => {
    expect(short(question)).toBe(expected)
  })
})

describe('a change', () => {
  it.each([
    ['starte web neu', 'change restart: web'],
    ['web bitte neustarten', 'change restart: web'],
    ['skaliere web auf 4', 'change scale 4: web'],
    ['reinicia web en shop', 'change restart: web shop'],
    ['escala web a 5', 'change scale 5: web'],
    ['reinicie o web no shop', 'change restart: web shop'],
    ['escale web para 4', 'change scale 4: web'],
    ['redémarre web', 'change restart: web'],
    ['webを再起動してください', 'change restart: web'],
    ['webを5にスケールして', 'change scale 5: web'],
    ['重启web', 'change restart: web'],
  ])('%s', (question, expected) => {
    expect(short(question)).toBe(expected)
    expect(parseRequest(question).sure).toBe(true)
    expect(wantsChange(question)).toBe(true)
  })

  it.each([
    'starte web neu wenn es langsam ist',
    'starte web morgen neu',
    'no reinicies web, solo checkout',
    'reinicia web si está lento',
    'reinicia web después de medianoche',
    'reinicie web quando estiver lento',
    'redémarre web après minuit',
    'webを再起動する前にログを見せて',
    'もし遅ければwebを再起動して',
  ])('with a "not", an "if" or an "after" is never taken for a plain one: %s', (question) => {
    const { ask, sure } = parseRequest(question)
    expect(ask.kind === 'change' && sure).toBe(false)
  })
})

it.each(['web nicht neustarten', 'webを再起動しないで', '不要重启web', 'não reinicie web'])(
  'what is forbidden is no change: %s',
  (question) => {
    expect(short(question)).not.toContain('change')
  },
)

it.each([
  'why is checkout failing',
  'list pods in de',
  'which os do the nodes run',
  'is red hat ok in los',
  'what changed since 10:00 est',
  'del pod web-0',
  'list pods in shop',
  'no, that is not it',
  'restart web',
  'is it on?',
  'who owns de-gateway',
])('leaves English alone: %s', (question) => {
  expect(inEnglish(question)).toBe(question)
})

it('takes linear time for hostile input', () => {
  const started = performance.now()
  for (const text of [
    'warum '.repeat(400),
    'starte '.repeat(300),
    'の'.repeat(2000),
    'a的'.repeat(1000),
    'qué?'.repeat(500),
  ])
    expect(() => parseRequest(text.repeat(20))).not.toThrow()
  expect(performance.now() - started).toBeLessThan(1500)
})
