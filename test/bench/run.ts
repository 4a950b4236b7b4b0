// `npm run bench [-- NAME…]`: every figure that was promised, beside its target, measured in one run.
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
for (const section of SECTIONS) {
  const file = join(import.meta.dirname, `${section}.ts`)
  if ((wanted.length > 0 && !wanted.includes(section)) || !existsSync(file)) continue
  console.log(`\n${section}`)
  const { bench } = (await import(file)) as { bench(): Promise<Figure[]> }
  printFigures(await bench())
}
process.exit(0)
