// The words of an incident: what counts as an order about one, and how its cards say things.
import { describe, expect, it } from 'vitest'
import { Incident } from '../../src/incidents/incident.ts'
import { diagnosisCard, NO_CONTROLS, recoveredCard, rootCard } from '../../src/tasks/incident-card.ts'
import { durationOf, incidentOrderOf } from '../../src/tasks/incident-order.ts'
import { incidentLine, title } from '../../src/tasks/incident-words.ts'

const order = (does: string, more: Record<string, unknown> = {}) => ({ verb: 'incidents', does, ...more })

describe('an order about incidents', () => {
  it.each([
    ['incidents', order('list', { all: false })],
    ['show open incidents', order('list', { all: false })],
    ['incidents list --all', order('list', { all: true })],
    ['incident 4f2a9c', order('show', { id: '4f2a9c' })],
    ['show incident 4f2a9c', order('show', { id: '4f2a9c' })],
    ['ack', order('acknowledge')],
    ['Take incident 4f2a', order('assign', { id: '4f2a' })],
    ['resolve it', order('resolve')],
    ['silence', order('silence', { ms: 3_600_000 })],
    ['silence 4f2a for 4h', order('silence', { id: '4f2a', ms: 4 * 3_600_000 })],
    ['incidents silence 4f2a --for 2d', order('silence', { id: '4f2a', ms: 2 * 86_400_000 })],
    ['silence this for 90m', order('silence', { ms: 90 * 60_000 })],
    ['silence the noise in shop', undefined],
    ['silence 4f2a for 400d', undefined],
    ['resolve the outage in shop', undefined],
    ['take a look at checkout', undefined],
    ['what incidents were there', undefined],
    ['show incident checkout', undefined],
    [`resolve ${'a'.repeat(500)}`, undefined],
  ])('%s', (text, expected) => expect(incidentOrderOf(text)).toEqual(expected))

  it('has a length that people write', () => {
    expect([durationOf('30m'), durationOf('0m'), durationOf('31d'), durationOf('4')]).toEqual([
      1_800_000,
      undefined,
      undefined,
      undefined,
    ])
  })
})

const web = { kind: 'Deployment', namespace: 'shop', name: 'web' }
const incident = (more: Partial<Incident> = {}) =>
  Incident.parse({
    id: 'abcdef1234',
    cluster: 'prod',
    state: 'open',
    severity: 'critical',
    fingerprint: 'f',
    family: 'f',
    owners: [web],
    cause: {
      check: 'image-pull',
      object: web,
      summary: 'the only pod cannot pull image shop/web:1.0',
      cause:
        'image shop/web:1.0 does not exist: "Back-off pulling image "shop/web:1.0": docker.io/shop/web:1.0: not found" (revision 8 brought it)',
      evidence: [
        {
          source: 'status',
          object: web,
          text: 'Back-off pulling image "shop/web:1.0": docker.io/shop/web:1.0: not found',
        },
      ],
      remedy: 'Correct the tag.',
      action: null,
    },
    reasons: [{ reason: 'ImagePullBackOff', count: 3 }],
    text: '',
    sources: ['state'],
    count: 3,
    openedAt: '2026-11-20T23:58:00.000Z',
    lastSignAt: '2026-11-20T23:59:00.000Z',
    threads: [{ platform: 'slack', workspace: 'T', channel: 'C', thread: '@i', direct: false }],
    timeline: [
      { at: '2026-11-20T23:58:00.000Z', text: 'opened: ImagePullBackOff' },
      { at: '2026-11-21T00:04:00.000Z', text: 'recovered' },
    ],
    ...more,
  })
const wordsOf = (card: unknown) => JSON.stringify(card)

describe('the cards of an incident', () => {
  it('name the workload even when its image is called the same', () => {
    expect(title(incident())).toBe('shop/web: the only pod cannot pull image shop/web:1.0')
  })

  it('say a cause without what the evidence quotes, and quote it once', () => {
    const brief = 'image shop/web:1.0 does not exist (revision 8 brought it)'
    expect(wordsOf(rootCard(incident(), NO_CONTROLS))).toContain(brief)
    expect(wordsOf(rootCard(incident(), NO_CONTROLS))).not.toContain('Back-off')
    expect(wordsOf(diagnosisCard(incident(), NO_CONTROLS)).match(/Back-off/g)).toHaveLength(1)
  })

  it('keep a short quotation, which says it all', () => {
    const { cause } = incident()
    const words = 'the application refuses its configuration: "panic: cannot parse config"'
    expect(wordsOf(rootCard(incident({ cause: { ...cause!, cause: words } }), NO_CONTROLS))).toContain(
      JSON.stringify(words).slice(1, -1),
    )
  })

  it('tell the timeline with who decided, in order, over midnight', () => {
    const over = incident({ state: 'recovered', recoveredAt: '2026-11-21T00:04:00.000Z', fixed: 'back to revision 7' })
    const card = recoveredCard(over, [{ at: '2026-11-21T00:01:00.000Z', text: 'plan 7f3a91 approved by jo' }])
    expect(card.title).toBe('Recovered after 6 min')
    expect(card.blocks.at(-1)).toEqual({
      kind: 'list',
      items: [
        '23:58:00 opened: ImagePullBackOff',
        '11-21 00:01:00 plan 7f3a91 approved by jo',
        '11-21 00:04:00 recovered',
      ],
    })
    expect(wordsOf(card)).toContain('What ended it: back to revision 7.')
    expect(rootCard(over, NO_CONTROLS).title).toBe('shop/web: recovered after 6 min')
    expect(incidentLine(over)).toMatch(/^abcdef1234 · recovered after 6 min · critical · prod · since 11-20 23:58 UTC/)
  })

  it('call an alert about nothing known by its name once, and quote the alert, not the cluster', () => {
    const { cause: _none, ...bare } = incident({
      owners: [{ kind: 'Alert', name: 'BlackboxDown' }],
      reasons: [{ reason: 'BlackboxDown', count: 1 }],
      sources: ['alert'],
      text: 'probe failed',
    })
    expect(rootCard(bare, NO_CONTROLS).title).toBe('Alert BlackboxDown')
    expect(wordsOf(diagnosisCard(bare, NO_CONTROLS))).toContain('The alert said (BlackboxDown)')
    expect(wordsOf(diagnosisCard({ ...bare, sources: ['alert', 'event'] }, NO_CONTROLS))).toContain('The cluster said')
  })

  it('cut a headline that would fill the screen, after a whole word', () => {
    const many = Array.from({ length: 30 }, (_, n) => `shop/app-${n}`).join(', ')
    const node = incident({
      cause: { ...incident().cause!, summary: `Node a is not ready: pods lost on it (${many})` },
    })
    expect(rootCard(node, NO_CONTROLS).title).toMatch(/shop\/app-\d+…$/)
    const long = incident({ owners: [{ ...web, name: 'w'.repeat(250) }] })
    expect((rootCard(long, NO_CONTROLS).title ?? '').length).toBeLessThan(170)
  })
})
