// `npm run eval [-- PATTERN] [-- --times N]`: the checks over all scenarios, then scenarios × questions, by the checks alone and with the
// model that is configured, if one is. `npm run eval -- practice [PATTERN]`: each scenario loaded into the practice cluster, asked in chat,
// and mended by approving what is offered. Tables are printed; with a real model the second is also written into docs/evaluation.md.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { chooseAgent } from '../../src/cli/agent.ts'
import { loadConfig } from '../../src/config.ts'
import { evaluate, markdownOf, readScenarios, type Summary, summarise } from './evaluate.ts'
import { CORPORA, scoreAll, scoresOf } from './score.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '5' } },
})
if (positionals[0] === 'practice') {
  const { practiceAll } = await import('./practice.ts')
  process.exit((await practiceAll(new RegExp(positionals[1] ?? '.'), console.log)) ? 0 : 1)
}
const only = positionals[0] ? new RegExp(positionals[0]) : undefined
const sets = CORPORA.map((folder) => scoreAll(folder, only))
for (const { mistakes } of sets.flatMap(({ scored }) => scored))
  for (const mistake of mistakes) console.log(`✗ ${mistake}`)
console.log(`\n${scoresOf(sets)}`)
const times = Math.max(1, Math.min(20, Number(values.times) || 5))
const scenarios = readScenarios(only)
const config = loadConfig()
const summaries: Summary[] = []

// the checks give the same answer every time
const plain = await evaluate(plainAgent, scenarios)
summaries.push(summarise('checks alone', plain))
for (const { scenario, question } of plain.filter(({ passed }) => !passed))
  console.log(`✗ checks alone: ${scenario}: ${question}`)

if (config.LLM_PROVIDER !== 'none') {
  const name = [config.LLM_PROVIDER, config.LLM_MODEL].filter(Boolean).join(' ')
  const attempts = await evaluate(await chooseAgent(config), scenarios, times)
  summaries.push(summarise(name, attempts))
  for (const { scenario, question } of attempts.filter(({ passed }) => !passed))
    console.log(`✗ ${name}: ${scenario}: ${question}`)
}
const table = markdownOf(summaries, times)
console.log(`\n${table}`)
if (config.LLM_PROVIDER !== 'none') {
  const head = `# Evaluation\n\n${scenarios.length} recorded scenarios, ${new Date().toISOString().slice(0, 10)}: \`npm run eval\`. An answer passes when it names every expected cause with its decisive words.\n`
  writeFileSync(join(import.meta.dirname, '../../docs/evaluation.md'), `${head}\n${table}`)
}
process.exit(0)
