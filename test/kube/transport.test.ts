// A request that nobody waits for any more is not sent, and ends nothing but itself.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { connect } from '../../src/kube/connection.ts'
import { createTransport } from '../../src/kube/transport.ts'

it('given up before it is sent, it fails with the reason, reaches nobody, and throws nothing past its caller', async () => {
  let asked = 0
  const server = createServer((_request, response) => response.end(String(++asked)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const connection = await connect({ cluster: { server: `http://127.0.0.1:${port}` } })
  const uncaught: unknown[] = []
  const note = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtException', note)
  try {
    const transport = createTransport(connection, () => undefined)
    const gone = AbortSignal.abort(new Error('the watcher stops'))
    const get = { method: 'GET', path: '/api', timeoutMs: 1000, signal: gone }
    await expect(transport.open(get)).rejects.toThrow('the watcher stops')
    await expect(transport.send({ ...get, maxBytes: 100 })).rejects.toThrow('the watcher stops')
    await sleep(50)
    expect(uncaught).toEqual([])
    expect(asked).toBe(0)
  } finally {
    process.off('uncaughtException', note)
    server.close()
  }
})
