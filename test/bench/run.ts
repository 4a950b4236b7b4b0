// `npm run bench [-- NAME…]`: every figure that was promised, beside its target, measured in one run.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Figure, printFigures } from './figure.ts'

const SECTIONS = ['answer', 'start', 'plans', 'harbor', 'diagnose', 'chat', 'agent', 'incidents']

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !SECTIONS.includes(name))
if (unknown) {
  console.error(`bench: "${unknown}" is no section; allowed are ${SECTIONS.join(', ')}.`)
  process.exit(2)
}
const chosen = SECTIONS.filter(
  (section) => (wanted.length === 0 || wanted.includes(section)) && existsSync(fileOf(section)),
)
if (chosen.length > 1) {
  // a process each: what one section keeps in memory is not the next one's figure
  for (const section of chosen) spawnSync(process.execPath, [import.meta.filename, section], { stdio: 'inherit' })
} else {
  for (const section of chosen) {
    console.log(`\n${section}`)
    const { bench } = (await import(fileOf(section))) as { bench(): Promise<Figure[]> }
    printFigures(await bench())
  }
}
process.exit(0)

function fileOf(section: string): string {
  return join(import.meta.dirname, `${section}.ts`)
}
