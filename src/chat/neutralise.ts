// Makes foreign text harmless to look at: no control sequences, no invisible or direction-changing characters. Markup is the renderer's business.

/* Each pattern is linear: bounded repeats, no nesting. */
// CSI (colours, cursor), OSC (titles, links; ended by BEL or ST), and the other two-character escapes
const ANSI =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /(?:\u001b\[|\u009b)[0-9;:?<=>!"'$ #%()*+,./-]{0,64}[@-~]|\u001b\][^\u0007\u001b]{0,2048}(?:\u0007|\u001b\\)?|\u001b[ #%()*+./-][0-~]|\u001b[0-~]?|\u009b/g
// oxlint-disable-next-line no-control-regex -- as above; tab and newline stay
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]+/g
// soft hyphen, byte order mark: drawn as nothing, common and harmless
const NOTHING = /[\u00ad\ufeff]/g
// marks and overrides of direction, zero-width characters, fillers, tag characters: used to make text look like other text
const INVISIBLE =
  /[\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{e0000}-\u{e0fff}]+/gu
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
// more than four combining marks on one character climb over other lines
const MARKS = /(\p{M}{4})\p{M}+/gu

// nearly all text holds nothing but these, and then there is nothing to do
const HARMLESS =
  /^[\t\n\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\u0391-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u2bff\u4e00-\u9fff]*$/

/** Printable text; tabs and newlines stay. What was hidden shows as one `�`. */
export function neutralise(text: string): string {
  if (HARMLESS.test(text)) return text
  return text
    .replace(LONE_SURROGATE, '\ufffd')
    .replace(ANSI, '')
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(CONTROL, '\ufffd')
    .replace(NOTHING, '')
    .replace(INVISIBLE, '\ufffd')
    .replace(MARKS, '$1')
}

/** The same on one line. */
export function neutraliseLine(text: string): string {
  return neutralise(text).replace(/\s+/g, ' ').trim()
}

/** At most `max` UTF-16 units, never half a character; says so by an ellipsis. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text
  const end = text.codePointAt(max - 2)! > 0xffff ? max - 2 : max - 1
  return `${text.slice(0, Math.max(end, 0))}…`
}

/** The leading whole lines that fit in `max` units, and how many lines were left out. A first line that is too long is clipped. */
export function clipLines(text: string, max: number): { text: string; left: number } {
  if (text.length <= max) return { text, left: 0 }
  const end = text.lastIndexOf('\n', max)
  const shown = end > 0 ? text.slice(0, end) : clip(text, max)
  const rest = end > 0 ? text.slice(end + 1) : text.slice(max)
  return { text: shown, left: rest.split('\n').length }
}

/** Only addresses that a person may safely follow: http(s), no user info, bounded. */
export function safeLink(link: string): string | undefined {
  if (link.length > 2000 || !URL.canParse(link)) return undefined
  const url = new URL(link)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  return url.username || url.password ? undefined : url.href
}

/** The label of a link: one that reads like an address shows where it really leads. */
export function linkLabel(text: string, url: string): string {
  const label = clip(neutraliseLine(text), 500)
  const host = new URL(url).host
  if (label === '') return clip(url, 500)
  return /[\w-]\.[\w-]|:\/\//.test(label) && !label.includes(host) ? `${label} (${host})` : label
}
