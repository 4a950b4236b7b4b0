// Fetches one listed https address: the resolved address is checked where the connection is made, redirects are refused, size and time are bounded.
import { lookup } from 'node:dns'
import { request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { NotPermittedError, UnavailableError, UsageError } from '../core/errors.ts'
import { blockListOf } from './settings.ts'

export interface FetchOptions {
  /** beginnings of addresses that may be fetched */
  urls: readonly string[]
  /** private ranges that may be reached */
  privateRanges: readonly string[]
  signal: AbortSignal
}

const MAX_BYTES = 512 * 1024
const TIMEOUT_MS = 15_000

// RFC 6890 and friends: everything that is not the public internet
const PRIVATE = blockListOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])

/** Throws NotPermittedError for what is not listed or not public, UsageError for redirects and refusals, UnavailableError for the rest. */
export function fetchPage(address: string, options: FetchOptions): Promise<{ text: string; cut: boolean }> {
  const url = listedUrl(address, options.urls)
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'GET',
        headers: { accept: 'text/*, application/json, application/yaml', 'user-agent': 'firstmate' },
        // checked here and not before: a name that resolves differently the second time gains nothing
        lookup: checkedLookup(options.privateRanges),
        // no connection of another request is used again: it was checked for another question
        agent: false,
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      },
      (response) => {
        const status = response.statusCode ?? 0
        if (status >= 300 && status < 400) {
          response.destroy()
          reject(
            new UsageError(
              `${url.host} redirects (${status}), which is not followed: list and name the final address.`,
            ),
          )
          return
        }
        if (status !== 200) {
          response.destroy()
          reject(new UsageError(`${url.host} answered ${status}.`))
          return
        }
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= MAX_BYTES) chunks.push(chunk)
          else response.destroy()
        })
        response.on('close', () => resolve({ text: Buffer.concat(chunks).toString('utf8'), cut: size > MAX_BYTES }))
        response.on('error', (error) => reject(new UnavailableError(`${url.host} broke off.`, { cause: error })))
      },
    )
    sent.on('error', (error) =>
      reject(
        error instanceof NotPermittedError
          ? error
          : new UnavailableError(`${url.host} cannot be reached.`, { cause: error }),
      ),
    )
    // an address in figures is connected without a lookup
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) && !isAllowed(host, options.privateRanges)) sent.destroy(privateError(url.host))
    sent.end()
  })
}

function listedUrl(address: string, urls: readonly string[]): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 'https:') throw new UsageError('only https addresses can be read.')
  if (url.username || url.password) throw new UsageError('an address with a password in it is not read.')
  // compared after parsing, so that `..`, case and encodings are what they will be when sent
  if (urls.some((beginning) => url.href.startsWith(new URL(beginning).href))) return url
  throw new NotPermittedError(`not permitted: ${url.host} is not listed in READ_URLS.`, `read ${url.host}`)
}

function checkedLookup(privateRanges: readonly string[]): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, [])
      const wrong = addresses.find(({ address }) => !isAllowed(address, privateRanges))
      if (wrong || addresses.length === 0) return done(privateError(hostname), [])
      const [first] = addresses
      return options.all ? done(null, addresses) : done(null, first?.address ?? '', first?.family)
    })
  }
}

function isAllowed(address: string, privateRanges: readonly string[]): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  return !PRIVATE.check(address, family) || blockListOf(privateRanges).check(address, family)
}

function privateError(host: string): NotPermittedError {
  return new NotPermittedError(
    `not permitted: ${host} is in a private network that READ_PRIVATE_RANGES does not list.`,
    `read ${host}`,
  )
}
