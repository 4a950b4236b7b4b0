#!/usr/bin/env node
// The door: plain JavaScript, so that an old Node can still read the sentence that says what is wrong.
import module from 'node:module'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    `Firstmate needs Node 24 or newer, and this is Node ${process.versions.node}: run it through npm (npm start, npm run -s firstmate -- …), which uses the Node 24 that "npm ci" installs; if npm still runs this one, "npm ci" ran with --ignore-scripts, so run "npm rebuild node".`,
  )
  process.exit(2)
}
if (process.argv[2] !== '--guard') {
  module.enableCompileCache?.()
  if (process.argv[2] === 'serve' && process.execve) await slim()
  const { main } = await import('./main.ts')
  await main(process.argv.slice(2))
}

/** Goes on as a process that keeps less memory, under the same pid: V8 takes its sizes only at the start. Why: docs/decisions/0008. */
async function slim() {
  const words = process.argv.slice(3)
  const onlyBot = words.includes('--roles=bot') || words[words.indexOf('--roles') + 1] === 'bot'
  const wanted = ['--max-semi-space-size=2', ...(onlyBot ? ['--optimize-for-size', '--no-opt', '--no-maglev'] : [])]
  const missing = wanted.filter((flag) => !process.execArgv.includes(flag))
  if (missing.length > 0) again([...missing, '--disable-warning=ExperimentalWarning'], process.env)
  if (!onlyBot || process.env.FIRSTMATE_WARM || !module.flushCompileCache) return
  // what strips types (25 MB) stays in a process for good, unless an earlier one has left the result
  await Promise.all(['cli/serve', 'chat/slack/adapter', 'chat/discord/adapter'].map((name) => import(`./${name}.ts`)))
  if (!process.moduleLoadList?.some((name) => name.includes('amaro'))) return
  module.flushCompileCache()
  again([], { ...process.env, FIRSTMATE_WARM: '1' })
}

function again(flags, env) {
  process.execve(process.execPath, [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)], env)
}
