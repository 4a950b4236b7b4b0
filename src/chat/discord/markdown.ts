// Discord's markdown, so that foreign text reads as it is: nothing in it formats, mentions, links or closes a block. Pure.

/** Text outside code. Underscores inside words need no escape and get none, so that `DATABASE_URL` stays readable in notifications. */
export function escape(text: string): string {
  return text
    .replace(/[\\*~|`<]/g, '\\$&')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
    .replace(/\]\(/g, ']\\(')
    .replace(/:\/\//g, ':\\//')
    .replace(/@(everyone|here)/g, '\\@$1')
    .replace(/^(\s{0,8})(#|>|-|\+|\d{1,9}(?=\.))/gm, (_all, space: string, mark: string) =>
      /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`,
    )
}

/** Nothing can be escaped inside code, so a backtick becomes its look-alike. */
export function code(text: string): string {
  const safe = text.replaceAll('`', 'ˋ')
  return safe.trim() === '' ? safe : `\`${safe}\``
}

/** A block of code; `language` colours it. */
export function fence(text: string, language = ''): string {
  const known = /^[a-z]{1,10}$/.test(language) ? language : ''
  return `\`\`\`${known}\n${text.replace(/`{3}/g, 'ˋˋˋ')}\n\`\`\``
}
