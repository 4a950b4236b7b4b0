// `npm run chaos [-- SECTION [NUMBER]]`, without one all of them: each breaks one part over and over and counts what was lost or done twice. Exit 1: something was.
const SECTIONS: Record<string, (number: number | undefined) => Promise<boolean>> = {
  /** rounds of kill -9 */
  approvals: async (rounds = 50) => (await import('./approvals.ts')).approvalsChaos(rounds),
  /** storms in which every process is killed */
  incidents: async (rounds = 10) => (await import('./incidents.ts')).incidentsChaos(rounds),
  /** minutes of each trouble */
  chat: async (minutes = 2) => (await import('./chat.ts')).chatChaos(minutes),
}

const [section, text] = process.argv.slice(2)
const given = text === undefined ? undefined : Number(text)
if ((section !== undefined && !Object.hasOwn(SECTIONS, section)) || (given !== undefined && !(given > 0))) {
  console.error(`chaos takes a section and a number above 0; sections are ${Object.keys(SECTIONS).join(', ')}.`)
  process.exit(2)
}
let good = true
for (const name of section === undefined ? Object.keys(SECTIONS) : [section]) {
  console.log(`\n${name}`)
  good = ((await SECTIONS[name]?.(given)) ?? false) && good
}
process.exit(good ? 0 : 1)
