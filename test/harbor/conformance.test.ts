// Replays the recorded exchanges of a real 1.36 API server (test/conformance) against practice clusters and counts what differs.
// docs/practice-cluster.md says why the rest differs.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { startHarbor } from '../../src/harbor/index.ts'

const FOLDER = new URL('../conformance/', import.meta.url).pathname
// what the product itself leans on
const LEANED_ON = ['03', '04', '05', '06', '07', '08', '09', '15']
const totals = { exchanges: 0, passed: 0 }

interface Outcome {
  exchanges: number
  passed: number
  output: string
}

async function replay(file: string): Promise<Outcome> {
  const harbor = await startHarbor({ name: `conformance-${file.slice(0, 2)}` })
  try {
    const script = [`${FOLDER}check.mjs`, '--url', harbor.url, '--skip-tag', 'anonymous', '--poll-timeout', '30']
    const output = await run(process.execPath, [...script, `${FOLDER}transcripts/${file}`])
    const line = /^exchanges (\d+) passed (\d+)/m.exec(output)
    return { exchanges: Number(line?.[1] ?? 0), passed: Number(line?.[2] ?? 0), output }
  } finally {
    await harbor.close()
  }
}

function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args)
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}

describe.concurrent('the practice cluster behaves as a Kubernetes 1.36 API server', () => {
  for (const file of readdirSync(`${FOLDER}transcripts`).sort()) {
    const wanted = LEANED_ON.includes(file.slice(0, 2)) ? 0.95 : 0.8
    it(`${file}: at least ${wanted * 100} % of the exchanges pass`, { timeout: 150_000 }, async () => {
      const { exchanges, passed, output } = await replay(file)
      totals.exchanges += exchanges
      totals.passed += passed
      expect(exchanges, output).toBeGreaterThan(10)
      expect(passed / exchanges, output.slice(0, 4000)).toBeGreaterThanOrEqual(wanted)
    })
  }
})

describe('all topics together', () => {
  it('at least 90 % of the exchanges pass', () => {
    expect(totals.exchanges).toBeGreaterThan(850)
    expect(totals.passed / totals.exchanges).toBeGreaterThanOrEqual(0.9)
  })
})
