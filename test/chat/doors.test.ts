// The listener for platforms that call us, over real connections: bytes as they came, bounded in size and time.
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DoorReply, DoorRequest } from '../../src/chat/contract.ts'
import { openDoors } from '../../src/chat/doors.ts'
import type { Listening } from '../../src/http.ts'
import { silentLogger } from '../../src/log.ts'

const asked: DoorRequest[] = []
let answer: () => DoorReply = () => ({ status: 200, body: 'taken' })
let open: Listening

beforeAll(async () => {
  const handle = async (request: DoorRequest) => {
    asked.push(request)
    return answer()
  }
  open = await openDoors(0, [{ path: '/door', handle }], silentLogger, { timeoutMs: 1500 })
})
afterAll(() => open.close())

const knock = (init: RequestInit & { path?: string } = {}) =>
  fetch(`http://127.0.0.1:${open.port}${init.path ?? '/door'}`, { method: 'POST', body: 'x', ...init })

/** Writes bytes as they are; resolves what came back until the connection closed. */
function raw(head: string, more: (write: (text: string) => void) => NodeJS.Timeout): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(open.port, '127.0.0.1', () =>
      socket.write(`POST /door HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n`),
    )
    const timer = more((text) => socket.writable && socket.write(text))
    socket.on('data', (data) => (said += data.toString()))
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve(said)
    })
  })
}

it('hands on the bytes as they came, whatever they are', async () => {
  const bytes = new Uint8Array([0, 255, 13, 10, 128])
  const reply = await knock({ body: bytes, path: '/door?x=1' })
  expect([reply.status, await reply.text()]).toEqual([200, 'taken'])
  expect(asked.at(-1)).toMatchObject({ method: 'POST', body: Buffer.from(bytes) })
})

it('knows no other path, and survives what its door cannot do', async () => {
  expect((await knock({ path: '/other' })).status).toBe(404)
  answer = () => {
    throw new Error('broken')
  }
  expect((await knock()).status).toBe(500)
  answer = () => ({ status: 200 })
  expect((await knock()).status).toBe(200)
})

it('takes no more than a megabyte, announced or not', async () => {
  const before = asked.length
  expect((await knock({ body: 'x'.repeat(1024 * 1024 + 1) })).status).toBe(413)
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const said = await raw('transfer-encoding: chunked', (write) => setInterval(() => write(chunk), 5))
  expect(said).toMatch(/^HTTP\/1\.1 413 /)
  expect(asked).toHaveLength(before)
})

it('cuts off whoever takes too long to say what they want', async () => {
  const before = asked.length
  const began = Date.now()
  const said = await raw('content-length: 1000', (write) => setInterval(() => write('x'), 100))
  expect(said).toMatch(/^HTTP\/1\.1 408 /)
  expect(Date.now() - began).toBeLessThan(4000)
  expect(asked).toHaveLength(before)
})
