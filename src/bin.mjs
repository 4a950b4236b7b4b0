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
  // a bot waits far more than it works: a small young generation keeps some 25 MB out of its resident memory, and V8 takes its size only
  // at the start. The same process goes on under the same pid.
  const small = '--max-semi-space-size=2'
  if (process.argv[2] === 'serve' && !process.execArgv.includes(small) && process.execve) {
    process.execve(process.execPath, [
      process.execPath,
      small,
      '--disable-warning=ExperimentalWarning',
      ...process.execArgv,
      ...process.argv.slice(1),
    ])
  }
  const { main } = await import('./main.ts')
  await main(process.argv.slice(2))
}
