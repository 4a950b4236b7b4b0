// The command `diagnose` against a cluster, as somebody who may look and as somebody who may not, and watching.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { diagnoseCommand } from '../../src/cli/diagnose.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { loadFiles, printObjects } from '../../src/objects/files.ts'
import { app, crashing, namespace, node } from './build.ts'

let harbor: Harbor
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diagnose-live-'))
  const load = await loadFiles([join(import.meta.dirname, '../corpora/scenarios/p24-bookings/cluster.yaml')])
  harbor = await startHarbor({ load, controllers: false })
})
afterAll(() => harbor.close())
afterEach(() => vi.unstubAllEnvs())

async function run(args: string[], user = '') {
  const kubeconfig = join(folder, `config${user}`)
  // the same kubeconfig, acting as somebody without any rights
  await writeFile(kubeconfig, harbor.kubeconfig().replace('user: {}', user ? `user: { as: ${user} }` : 'user: {}'))
  vi.stubEnv('KUBECONFIG', kubeconfig)
  let out = ''
  const io = { out: (text: string) => void (out += text), err: () => undefined, stdin: (async function* () {})() }
  return { code: await diagnoseCommand(args, io), out }
}

describe('a live cluster', () => {
  test('one namespace, with the cause in another', async () => {
    const { code, out } = await run(['-n', 'bookings'])
    expect(code).toBe(1)
    expect(out).toMatch(/data-infra\/pg-main/)
    expect(out).toMatch(/checkpoint/)
    expect(out).toMatch(/Explains .*booking-api/)
  })

  test('nothing may be read: it cannot tell, which is not healthy', async () => {
    const { code, out } = await run(['-n', 'bookings'], 'nobody')
    expect(out).toMatch(/Cannot tell whether namespace bookings is healthy/)
    expect(out).toMatch(/not permitted: list pods in bookings/)
    expect(code).toBe(1)
    expect(JSON.parse((await run(['-n', 'bookings', '--output', 'json'], 'nobody')).out)).toMatchObject({
      healthy: false,
      findings: [],
    })
  })
})

describe('--watch', () => {
  test('prints again when the findings change, and outlives a look that fails', async () => {
    const file = join(folder, 'world.yaml')
    const put = async (objects: Parameters<typeof printObjects>[0], logs: Parameters<typeof printObjects>[1] = []) => {
      await writeFile(`${file}.new`, printObjects([namespace('shop'), node('node-a'), ...objects], logs))
      await rename(`${file}.new`, file)
    }
    const sick = crashing('cart', 'FATAL: SESSION_KEY is not set')
    await put(app('cart').objects)
    const said: string[] = []
    const failed: string[] = []
    const stdin = (async function* () {})()
    const out = (text: string) => {
      said.push(text)
      if (said.length === 2) throw new Error('seen')
    }
    const watching = diagnoseCommand(
      ['--from', file, '--watch'],
      { out, err: (text) => void failed.push(text), stdin },
      20,
    )
    await vi.waitFor(() => expect(said).toHaveLength(1))
    await rm(file)
    await vi.waitFor(() => expect(failed.length).toBeGreaterThan(0))
    await put(sick.objects, sick.logs)
    await expect(watching).rejects.toThrow('seen')
    expect(said[0]).toMatch(/Nothing is wrong/)
    expect(said[1]).toMatch(/SESSION_KEY/)
    // a slow machine may look twice in between
    expect(failed.filter((text) => !/there is no such file/.test(text))).toEqual([])
  })
})
