import { describe, expect, it } from 'vitest'
import { clip, clipLines, linkLabel, neutralise, neutraliseLine, safeLink } from '../../src/chat/neutralise.ts'

describe('neutralise', () => {
  it.each([
    ['plain text\twith\nlines', 'plain text\twith\nlines'],
    ['\u001b[1;31mERROR\u001b[0m done', 'ERROR done'],
    ['\u001b]8;;https://evil.test\u001b\\click\u001b]8;;\u001b\\', 'click'],
    ['\u001b]0;title\u0007x', 'x'],
    ['\u009b31mred', 'red'],
    ['a\u001b', 'a'],
    ['line\r\nline\rline\u2028line', 'line\nline\nline\nline'],
    ['\u202egnp.exe', '\ufffdgnp.exe'],
    ['pay\u200bload', 'pay\ufffdload'],
    ['\ufeffbom soft\u00adhyphen', 'bom softhyphen'],
    ['tag\u{e0041}\u{e0042}', 'tag\ufffd'],
    ['\ud800 alone', '\ufffd alone'],
    ['🚀 and ✅ stay', '🚀 and ✅ stay'],
    ['ü é 漢字 ไทย', 'ü é 漢字 ไทย'],
    [`a${'\u0301'.repeat(50)}`, `a${'\u0301'.repeat(4)}`],
    ['\u0000\u0008x', '\ufffdx'],
  ])('%j', (text, clean) => {
    expect(neutralise(text)).toBe(clean)
    // nothing is left to do
    expect(neutralise(clean)).toBe(clean)
  })

  it('takes time in proportion to the text, whatever it holds', () => {
    for (const piece of ['\u001b[', '\u001b]', '\u001b[1;1;1;', '\u0301', '\u202e', '\ud800', '<', '\u001b]8;;x']) {
      const began = performance.now()
      neutralise(piece.repeat(200_000))
      expect(performance.now() - began).toBeLessThan(2000)
    }
  })

  it('puts a line on one line', () => {
    expect(neutraliseLine(' a\n\n b\t c ')).toBe('a b c')
  })
})

describe('cutting', () => {
  it('never leaves half a character', () => {
    expect(clip('ab🚀cd', 4)).toBe('ab…')
    expect(clip('abcd', 4)).toBe('abcd')
    expect(clip('abcde', 4)).toBe('abc…')
  })

  it('keeps whole lines and counts the rest', () => {
    expect(clipLines('one\ntwo\nthree', 8)).toEqual({ text: 'one\ntwo', left: 1 })
    expect(clipLines('one\ntwo', 100)).toEqual({ text: 'one\ntwo', left: 0 })
    expect(clipLines('x'.repeat(20), 5).text).toBe('xxxx…')
  })
})

describe('links', () => {
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'https://user:pw@evil.test/',
    'ftp://x.test',
    'nonsense',
    `https://x.test/${'a'.repeat(3000)}`,
  ])('refuses %s', (link) => expect(safeLink(link)).toBeUndefined())

  it('a label that reads like an address shows where it leads', () => {
    expect(linkLabel('https://good.test', 'https://evil.test/x')).toBe('https://good.test (evil.test)')
    expect(linkLabel('the dashboard', 'https://good.test/x')).toBe('the dashboard')
    expect(linkLabel('good.test/x', 'https://good.test/x')).toBe('good.test/x')
  })
})
