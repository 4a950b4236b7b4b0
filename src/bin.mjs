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
  const { main } = await import('./main.ts')
  await main(process.argv.slice(2))
}
