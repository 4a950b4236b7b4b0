// What a person meant to type, the same on every platform: phones, editors and copied pages put other characters in its place. Pure.

/** drawn as nothing */
const NOTHING = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g
const SPACES = /[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g

export function asTyped(text: string): string {
  const typed = text.replace(NOTHING, '').replace(SPACES, ' ').trim()
  // a command put in backticks is still that command
  const quoted = /^(`{1,3})([^`]+)\1$/.exec(typed)
  return asCommand((quoted ? quoted[2]! : typed).trim())
}

/** In a command quotes and dashes mean something: those that a phone makes of them are undone. */
function asCommand(text: string): string {
  if (!/^(kubectl|helm)\s/.test(text)) return text
  return text
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/(?<=\s)[\u2013\u2014](?=[a-z])/gi, '--')
}
