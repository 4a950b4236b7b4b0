// Which clusters there are, and as whom each of them is asked.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NotPermittedError, SettingsError, UsageError } from '../../src/core/errors.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'
import { temporaryFolder } from '../store/redis-server.ts'
import { type FakeApi, fakeApi, status } from './fake-api.ts'
import { kubeconfig, load, type Parts } from './kubeconfigs.ts'

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})

const two: Parts = {
  clusters: { a: { server: 'https://10.0.0.1:6443' }, b: { server: 'https://10.0.0.2:6443' } },
  users: { me: { token: 'abc' } },
  contexts: { 'admin@a': { cluster: 'a', user: 'me', namespace: 'shop' }, 'admin@b': { cluster: 'b', user: 'me' } },
  current: 'admin@b',
}

const message = (promise: Promise<unknown>) =>
  promise.then(
    () => 'it worked',
    (error: Error) => `${error.name}: ${error.message}`,
  )

describe('which clusters there are', () => {
  it('takes the current context', async () => {
    const clusters = await load({ KUBECONFIG: await kubeconfig(two) })
    expect(clusters.list()).toEqual(['admin@b'])
    expect(clusters.default).toMatchObject({ name: 'admin@b', context: 'admin@b', namespace: undefined })
    expect(clusters.default.reader.cluster).toBe('admin@b')
  })

  it('takes the contexts that CLUSTERS names, by those names', async () => {
    const clusters = await load({ KUBECONFIG: await kubeconfig(two), CLUSTERS: 'prod=admin@a,staging=admin@b' })
    expect(clusters.list()).toEqual(['prod', 'staging'])
    expect(clusters.get()).toBe(clusters.default)
    expect(clusters.get('prod')).toMatchObject({ name: 'prod', context: 'admin@a', namespace: 'shop' })
    expect(clusters.get('staging').connection.server.host).toBe('10.0.0.2:6443')
  })

  it('says which one was meant', async () => {
    const clusters = await load({ KUBECONFIG: await kubeconfig(two), CLUSTERS: 'prod=admin@a,staging=admin@b' })
    expect(() => clusters.get('prd')).toThrow(new UsageError('There is no cluster "prd"; did you mean prod?'))
    expect(() => clusters.get('x')).toThrow(new UsageError('There is no cluster "x"; known: prod, staging.'))
    expect(() => clusters.get('pr\nod <!channel>')).toThrow(/^There is no cluster "pr\?od <!channel>"/)
  })

  it('takes one context when asked, by either name', async () => {
    const env = { KUBECONFIG: await kubeconfig(two), CLUSTERS: 'prod=admin@a' }
    expect((await load(env, { context: 'prod' })).default.context).toBe('admin@a')
    expect((await load(env, { context: 'admin@b' })).default.name).toBe('admin@b')
    expect(await message(load(env, { context: 'admin@bb' }))).toBe(
      'UsageError: There is no context "admin@bb"; did you mean admin@b?',
    )
  })

  it('names clusters of long contexts by their last part', async () => {
    const long = 'arn:aws:eks:eu-west-1:123456789012:cluster/prod'
    const path = await kubeconfig({ ...two, contexts: { [long]: { cluster: 'a', user: 'me' } }, current: long })
    expect((await load({ KUBECONFIG: path })).list()).toEqual(['prod'])
  })

  it('merges several files, the first definition wins', async () => {
    const first = await kubeconfig({
      clusters: { a: { server: 'https://first' } },
      current: 'one',
      contexts: { one: { cluster: 'a', user: 'me' } },
    })
    const second = await kubeconfig({ ...two, current: 'admin@a' })
    const clusters = await load({ KUBECONFIG: `${first}:${second}:${join(folder, 'missing')}` })
    expect(clusters.default.name).toBe('one')
    expect(clusters.default.connection.server.host).toBe('first')
  })

  it('uses the account of the pod it runs in', async () => {
    await writeFile(join(folder, 'token'), 'pod-token\n')
    await writeFile(join(folder, 'ca.crt'), '')
    await writeFile(join(folder, 'namespace'), 'firstmate')
    const inCluster = {
      server: 'https://10.96.0.1:443',
      tokenFile: join(folder, 'token'),
      caFile: join(folder, 'ca.crt'),
      namespaceFile: join(folder, 'namespace'),
    }
    const clusters = await load({ KUBECONFIG: '/dev/null' }, { inCluster })
    expect(clusters.default).toMatchObject({ name: 'in-cluster', namespace: 'firstmate' })
    expect(await clusters.default.connection.headers()).toEqual({ authorization: 'Bearer pod-token' })
  })

  it('says in one sentence that there is none', async () => {
    const text = await message(load({ KUBECONFIG: '/dev/null' }))
    expect(text).toMatch(
      /^SettingsError: No cluster is configured: set KUBECONFIG .* or try the practice cluster \(chat --practice\)\.$/,
    )
  })

  it.each([
    [
      'a context without its cluster',
      { ...two, contexts: { x: { cluster: 'nope', user: 'me' } }, current: 'x' },
      /names a cluster that the kubeconfig does not have/,
    ],
    [
      'a context without its user',
      { ...two, contexts: { x: { cluster: 'a', user: 'nope' } }, current: 'x' },
      /names a user that the kubeconfig does not have/,
    ],
    [
      'a current context that is not there',
      { ...two, current: 'admin@c' },
      /wants the context "admin@c".*did you mean admin@/,
    ],
    ['a server that is no address', { ...two, clusters: { b: { server: 'ftp://x' } } }, /no http or https address/],
    [
      'a certificate that is missing',
      { ...two, clusters: { b: { server: 'https://x', 'certificate-authority': 'gone.crt' } } },
      /names the file .*gone\.crt, which cannot be read/,
    ],
  ])('stops the start at %s', async (_, parts, pattern) => {
    const error = await load({ KUBECONFIG: await kubeconfig(parts as Parts) }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SettingsError)
    expect((error as Error).message).toMatch(pattern)
  })

  it('does not show credentials when a kubeconfig is broken', async () => {
    const path = join(folder, 'broken')
    await writeFile(path, 'users:\n- name: me\n  user: {token: [hunter2]}\n')
    expect(await message(load({ KUBECONFIG: path }))).toBe(
      `SettingsError: KUBECONFIG names ${path}, which is no kubeconfig: users.0.user.token has a wrong form.`,
    )
    await writeFile(path, 'token: hunter2: {{')
    expect(await message(load({ KUBECONFIG: path }))).not.toContain('hunter2')
  })

  it('names are not looked up on prototypes', () => {
    const clusters = clustersOf([clusterAt('practice', 'http://127.0.0.1:1')])
    expect(() => clusters.get('constructor')).toThrow(UsageError)
  })
})

describe('as whom a cluster is asked', () => {
  let api: FakeApi
  beforeEach(async () => {
    api = await fakeApi(({ headers }, response) =>
      headers.authorization === 'Bearer old' ? status(response, 401, 'Unauthorized') : { ok: true },
    )
  })
  afterEach(() => api.close())

  const ask = async (user: object) => {
    const path = await kubeconfig({
      clusters: { a: { server: api.url } },
      users: { me: user },
      contexts: { a: { cluster: 'a', user: 'me' } },
      current: 'a',
    })
    const { reader } = (await load({ KUBECONFIG: path })).default
    await reader.get('/api/v1/pods')
    return api.asked.at(-1)?.headers
  }

  it('sends a token, or a password', async () => {
    expect((await ask({ token: 'abc' }))?.authorization).toBe('Bearer abc')
    expect((await ask({ username: 'mira', password: 'p' }))?.authorization).toBe(
      `Basic ${Buffer.from('mira:p').toString('base64')}`,
    )
  })

  it('does not show them in anything that prints a cluster', async () => {
    const user = { token: 'hunter2', 'client-key-data': Buffer.from('hunter2').toString('base64') }
    const path = await kubeconfig({
      clusters: { a: { server: 'https://me:hunter2@10.0.0.1' } },
      users: { me: user },
      contexts: { a: { cluster: 'a', user: 'me' } },
      current: 'a',
    })
    const printed = JSON.stringify((await load({ KUBECONFIG: path })).default)
    expect(printed).toContain('"https://10.0.0.1"')
    expect(printed).not.toMatch(/hunter2|aHVudGVyMg|104,117,110/)
  })

  it('impersonates with all groups', async () => {
    const headers = await ask({ token: 'abc', as: 'mira', 'as-groups': ['devs', 'ops'] })
    expect(headers?.['impersonate-user']).toBe('mira')
    expect(headers?.['impersonate-group']).toBe('devs, ops')
  })

  it('reads a token file again when the token is refused', async () => {
    const token = join(folder, 'token')
    await writeFile(token, 'old')
    const path = await kubeconfig(
      {
        clusters: { a: { server: api.url } },
        users: { me: { tokenFile: 'token' } },
        contexts: { a: { cluster: 'a', user: 'me' } },
        current: 'a',
      },
      folder,
    )
    const { reader } = (await load({ KUBECONFIG: path })).default
    await expect(reader.get('/api/v1/pods')).rejects.toThrow(NotPermittedError)
    await writeFile(token, 'new')
    await expect(reader.get('/api/v1/pods')).resolves.toEqual({ ok: true })
    expect(api.asked.at(-1)?.headers.authorization).toBe('Bearer new')
  })

  it('runs a sign-in program through the vendor client', async () => {
    const program = join(folder, 'sign-in.mjs')
    await writeFile(
      program,
      `console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'from-program' } }))`,
    )
    const path = await kubeconfig({
      // the vendor client refuses plain http unless told
      clusters: { a: { server: api.url, 'insecure-skip-tls-verify': true } },
      users: {
        me: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: process.execPath,
            args: [program],
            interactiveMode: 'Never',
          },
        },
      },
      contexts: { a: { cluster: 'a', user: 'me' } },
      current: 'a',
    })
    const { reader } = (await load({ KUBECONFIG: path })).default
    await reader.get('/api/v1/pods')
    expect(api.asked.at(-1)?.headers.authorization).toBe('Bearer from-program')
  })
})
