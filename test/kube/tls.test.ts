// Whom a connection trusts, and as whom it signs in by certificate.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { UnavailableError } from '../../src/core/errors.ts'
import { createWriter, OutcomeUnknownError } from '../../src/kube/write.ts'
import { kubeconfig, load } from './kubeconfigs.ts'

const file = (name: string) => join(import.meta.dirname, 'tls', name)
let server: Server
let url: string
let peer: string | undefined

beforeAll(async () => {
  const options = {
    key: readFileSync(file('server.key')),
    cert: readFileSync(file('server.crt')),
    ca: readFileSync(file('ca.crt')),
    requestCert: true,
    rejectUnauthorized: false,
  }
  server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket
    peer = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"ok":true}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const open = async (cluster: object, user: object = {}) => {
  const path = await kubeconfig({
    clusters: { a: { server: url, ...cluster } },
    users: { me: user },
    contexts: { a: { cluster: 'a', user: 'me' } },
    current: 'a',
  })
  return (await load({ KUBECONFIG: path })).default
}
const ask = async (...parts: Parameters<typeof open>) => (await open(...parts)).reader.get('/api/v1/pods')

it('trusts the authority of the kubeconfig and shows our certificate', async () => {
  await ask(
    { 'certificate-authority': file('ca.crt') },
    { 'client-certificate': file('client.crt'), 'client-key': file('client.key') },
  )
  expect(peer).toBe('mira')
  const data = (name: string) => readFileSync(file(name)).toString('base64')
  peer = undefined
  await ask(
    { 'certificate-authority-data': data('ca.crt') },
    { 'client-certificate-data': data('client.crt'), 'client-key-data': data('client.key') },
  )
  expect(peer).toBe('mira')
})

it('refuses a server that it cannot trust', async () => {
  await expect(ask({})).rejects.toThrow(/^Cluster a cannot be reached: its certificate is not trusted/)
  await expect(ask({ 'certificate-authority': file('ca.crt'), 'tls-server-name': 'other.test' })).rejects.toThrow(
    /certificate is not trusted/,
  )
})

it('trusts another name of the server, or anything, only when told', async () => {
  await expect(ask({ 'certificate-authority': file('ca.crt'), 'tls-server-name': 'api.test' })).resolves.toEqual({
    ok: true,
  })
  await expect(ask({ 'insecure-skip-tls-verify': true })).resolves.toEqual({ ok: true })
})

it('has certainly sent nothing to a server that it cannot trust', async () => {
  const writer = createWriter(await open({}))
  const sent = writer.send({ method: 'DELETE', path: '/api/v1/namespaces/shop/pods/web-1' }, { dryRun: false })
  await expect(sent).rejects.toBeInstanceOf(UnavailableError)
  await expect(sent).rejects.not.toBeInstanceOf(OutcomeUnknownError)
})
