// The entries of ASKERS, APPROVERS and ADMINS: one platform's spelling each, and nothing that could pass for more.
import { expect, it } from 'vitest'
import { parsePersonRule, personKey } from '../../src/core/people.ts'

it.each([
  ['slack:U1', { platform: 'slack', kind: 'person', id: 'U1' }],
  [' slack-group:S1 ', { platform: 'slack', kind: 'group', id: 'S1' }],
  ['discord-role:42', { platform: 'discord', kind: 'role', id: '42' }],
  ['terminal:mira@ship.example', { platform: 'terminal', kind: 'person', id: 'mira@ship.example' }],
  ['api:ci-bot', { platform: 'api', kind: 'person', id: 'ci-bot' }],
])('%j is somebody', (text, rule) => expect(parsePersonRule(text)).toEqual(rule))

it.each([
  'U1',
  'slack:',
  'slack:U1 U2',
  'slack:U1\nslack:U2',
  'slack:*',
  'slack:U1:U2',
  'terminal:a;b',
  `slack:${'U'.repeat(101)}`,
  'policy:L4',
  'firstmate:firstmate',
  '__proto__:x',
  '',
])('%j is nobody', (text) => expect(parsePersonRule(text)).toBeUndefined())

it('a person is spelled in one way, whatever they are called', () => {
  expect(personKey({ platform: 'slack', id: 'U1' })).toBe('slack:U1')
})
