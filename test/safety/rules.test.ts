import { describe, expect, it } from 'vitest'
import { SettingsError } from '../../src/core/errors.ts'
import { matchesPattern, parsePolicy } from '../../src/safety/rules.ts'

function mistakes(text: string): string {
  try {
    parsePolicy(text, 'policy.yaml')
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError)
    return (error as Error).message
  }
  return ''
}

describe('a policy file is checked when it is loaded, with file and line', () => {
  it.each([
    ['rules:\n  - name: a\n    rule: frob\n', /^policy\.yaml:\d: rules\.0/],
    ['rules:\n  - name: a\n    rule: max-replicas\n', /^policy\.yaml:2: rules\.0\.max/],
    [
      'rules:\n  - name: a\n    rule: deny\n    when: "step.replicas >"\n',
      /^policy\.yaml:4: rule "a": the condition is no CEL/,
    ],
    ['rules:\n  - name: a\n    rule: deny\n    when: "step.repliccas > 3"\n', /^policy\.yaml:4: rule "a"/],
    [
      'rules:\n  - name: a\n    rule: deny\n    when: "step.replicas + 1"\n',
      /^policy\.yaml:4: rule "a": .*must give true or false/,
    ],
    ['rules:\n  - name: a\n    rule: deny\n    when: "step.kind == 3"\n', /^policy\.yaml:4: rule "a"/],
    [
      'rules:\n  - name: a\n    rule: extra-approvers\n    approvers: [bob]\n',
      /^policy\.yaml:4: rule "a": "bob" is nobody/,
    ],
    ['levels:\n  shop: L9\n', /^policy\.yaml:2: levels\.shop/],
    ['rulez: []\n', /^policy\.yaml:1:/],
    ['rules: [\n', /^policy\.yaml:\d: is no valid YAML/],
  ])('%j', (text, sentence) => expect(mistakes(text)).toMatch(sentence))

  it('every mistake is told at once', () => {
    const text = 'rules:\n  - name: a\n    rule: deny\n    when: "("\n  - name: b\n    rule: deny\n    when: ")"\n'
    expect(mistakes(text).split('\n')).toHaveLength(2)
  })

  it('an alias bomb is refused', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
      .join('\n')}\n`
    expect(mistakes(bomb)).toMatch(/refused|Unrecognized/)
  })

  it('an empty file is no rules', () => expect(parsePolicy('', 'policy.yaml').rules).toEqual([]))
})

it.each([
  ['*', 'anything', true],
  ['docker.io/*:latest', 'docker.io/library/nginx:latest', true],
  ['docker.io/*:latest', 'docker.io/library/nginx:1.2', false],
  ['team-*', 'team-', true],
  ['team-*-x', 'team-x', false],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'acb', false],
  ['shop', 'shop2', false],
])('the pattern %s and %s: %s', (pattern, text, expected) => expect(matchesPattern(pattern, text)).toBe(expected))
