// `npm run chaos [-- SECTION [NUMBER]]`: each section breaks one part over and over and counts what was lost or done twice. Exit 1: something was.
const SECTIONS: Record<string, (number: number | undefined) => Promise<boolean>> = {
  /** rounds of kill -9 */
  approvals: async (rounds = 50) => (await import('./approvals.ts')).approvalsChaos(rounds),
  /** minutes of each trouble */
  chat: async (minutes = 2) => (await import('./chat.ts')).chatChaos(minutes),
}

const [section = 'approvals', text] = process.argv.slice(2)
const given = text === undefined ? undefined : Number(text)
const run = Object.hasOwn(SECTIONS, section) ? SECTIONS[section] : undefined
if (!run || (given !== undefined && !(given > 0))) {
  console.error(`chaos takes a section and a number above 0; sections are ${Object.keys(SECTIONS).join(', ')}.`)
  process.exit(2)
}
process.exit((await run(given)) ? 0 : 1)
