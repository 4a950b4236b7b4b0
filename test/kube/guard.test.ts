import { describe, expect, it } from 'vitest'
import { assertReadOnly, assertWrite } from '../../src/kube/guard.ts'
import { checkContainer, checkName, checkNamespace, nearest } from '../../src/kube/names.ts'
import { listPath, objectPath, podPath } from '../../src/kube/paths.ts'
import { kindOf } from '../../src/objects/kinds.ts'

const pod = kindOf('Pod')!
const hostile = [
  '-A',
  '--all',
  '_web',
  'web_1',
  'web\0',
  'web\n',
  'web\r\nHost: x',
  'web\t',
  '\u2010web',
  'web\u2013one',
  'we\u202eb',
  'wéb',
  'Web',
  '.web',
  'web.',
  'we..b',
  '..',
  '.',
  '',
  ' ',
  'web/log',
  'web%2flog',
  '../secrets',
  'web?watch=1',
  'web#x',
  'a'.repeat(254),
  'a'.repeat(100_000),
]

describe('what a reader may send', () => {
  it('sends GET', () => {
    for (const path of [
      '/api/v1/pods',
      '/api/v1/namespaces/proxy',
      '/api/v1/namespaces/proxy/pods',
      '/api/v1/namespaces/shop/pods/exec',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      '/api/v1/namespaces/shop/pods/web/log?container=c&tailLines=5',
      '/openapi/v3/apis/apps/v1?hash=AB',
      '/readyz',
    ]) {
      expect(() => assertReadOnly('GET', path), path).not.toThrow()
    }
  })

  it('refuses every other method, whatever the path', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'HEAD', 'OPTIONS', 'get', 'GET ', '']) {
      expect(() => assertReadOnly(method, '/api/v1/namespaces/shop/pods/web'), method).toThrow(/not permitted/)
    }
  })

  it('posts only access reviews', () => {
    expect(() => assertReadOnly('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews')).not.toThrow()
    expect(() => assertReadOnly('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews')).not.toThrow()
    for (const path of [
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews?fieldManager=x',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/',
      '/apis/authorization.k8s.io/v1/namespaces/a/localsubjectaccessreviews',
      '/apis/authentication.k8s.io/v1/tokenreviews',
      '/api/v1/namespaces/shop/serviceaccounts/default/token',
      '/api/v1/namespaces/shop/pods/web/eviction',
    ]) {
      expect(() => assertReadOnly('POST', path), path).toThrow(/not permitted/)
    }
  })

  it('opens no way into pods, nodes and services', () => {
    for (const path of [
      '/api/v1/namespaces/shop/pods/web/exec?command=sh',
      '/api/v1/namespaces/shop/pods/web/attach',
      '/api/v1/namespaces/shop/pods/web/portforward',
      '/api/v1/namespaces/shop/services/web:80/proxy/admin',
      '/api/v1/nodes/a/proxy/run/shop/web/c',
      '/api/v1/proxy/nodes/a',
      '/api/v1/namespaces/proxy/pods/web/EXEC',
    ]) {
      expect(() => assertReadOnly('GET', path), path).toThrow(/opens a way/)
    }
  })

  it('refuses paths that mean another path than they say', () => {
    for (const path of [
      'api/v1/pods',
      '//api/v1/pods',
      '/api/v1/pods/../secrets',
      '/api/v1/pods/%2e%2e/secrets',
      '/api/v1/pods/%2E./secrets',
      '/api/v1/pods%2fweb',
      '/api/v1/pods/a%00b',
      '/api/v1/pods/a%0ab',
      '/api/v1/pods/%',
      '/api/v1/pods/a\\b',
      '/api/v1/pods/a b',
      '/api/v1/pods\r\nX: y',
      '/api/v1/p\u00f6ds',
      'http://other/api/v1/pods',
      `/${'a'.repeat(5000)}`,
    ]) {
      expect(() => assertReadOnly('GET', path), path).toThrow(/not permitted/)
    }
  })
})

describe('what a writer may send', () => {
  it('changes named objects and creates', () => {
    expect(() => assertWrite('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web/scale')).not.toThrow()
    expect(() => assertWrite('POST', '/api/v1/namespaces/shop/pods/web/eviction')).not.toThrow()
    expect(() => assertWrite('POST', '/api/v1/namespaces/shop/configmaps?fieldManager=firstmate')).not.toThrow()
    expect(() => assertWrite('PUT', '/api/v1/namespaces/shop/finalize')).not.toThrow()
    expect(() => assertWrite('DELETE', '/api/v1/namespaces/shop')).not.toThrow()
  })

  it('never touches a whole collection, a way in, or a credential', () => {
    for (const [method, path] of [
      ['DELETE', '/api/v1/namespaces/shop/pods'],
      ['DELETE', '/api/v1/namespaces/shop/pods?labelSelector=a'],
      ['DELETE', '/api/v1/namespaces'],
      ['POST', '/api/v1/namespaces/shop/pods/web/exec'],
      ['POST', '/api/v1/namespaces/shop/serviceaccounts/default/token'],
      ['POST', '/api/v1/namespaces/shop/serviceaccounts/default/Token'],
      ['GET', '/api/v1/pods'],
      ['POST', '/metrics'],
      ['PATCH', '/apis/apps/v1/namespaces/shop/deployments/../secrets/a'],
    ] as const) {
      expect(() => assertWrite(method, path), `${method} ${path}`).toThrow(/not permitted/)
    }
  })
})

describe('names', () => {
  it('refuses everything that is no name, before a path exists', () => {
    for (const name of hostile) {
      expect(() => checkName(name, 'Pod'), JSON.stringify(name.slice(0, 30))).toThrow(/is no name/)
      expect(() => checkNamespace(name)).toThrow(/is no namespace/)
      expect(() => checkContainer(name)).toThrow(/is no container/)
      expect(() => objectPath(pod, 'shop', name)).toThrow(/is no name/)
      expect(() => objectPath(pod, name, 'web')).toThrow(/is no namespace/)
      expect(() => podPath('shop', name, 'log')).toThrow(/is no name/)
    }
  })

  it('refuses random bytes unless they are a DNS name', () => {
    let seed = 42
    const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
    for (let round = 0; round < 5000; round++) {
      const length = 1 + Math.floor(random() * 12)
      const name = Array.from({ length }, () =>
        String.fromCharCode(Math.floor(random() * (random() < 0.8 ? 128 : 0x3000))),
      ).join('')
      if (/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) && !name.includes('..')) expect(checkName(name)).toBe(name)
      else expect(() => checkName(name), JSON.stringify(name)).toThrow(/is no name/)
    }
  })

  it('says hostile names in one printable line', () => {
    const message = (() => {
      try {
        checkName('web\u202e\n@channel')
      } catch (error) {
        return (error as Error).message
      }
      return ''
    })()
    expect(message).toMatch(/^[\x20-\x7e]+$/)
  })

  it('takes the looser names of RBAC, still as one segment', () => {
    expect(objectPath(kindOf('ClusterRole')!, undefined, 'system:node')).toBe(
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    )
    expect(() => objectPath(kindOf('ClusterRole')!, undefined, 'a/b')).toThrow(/is no name/)
  })

  it('encodes selectors, whatever they hold', () => {
    const path = listPath(
      pod,
      { namespace: 'shop', labelSelector: 'a=b&watch=true#x', fieldSelector: 'x=../y' },
      { limit: 1 },
    )
    expect(new URL(path, 'http://api').searchParams.get('labelSelector')).toBe('a=b&watch=true#x')
    expect(path).not.toContain('watch=true')
  })

  it('finds the name that was meant', () => {
    expect(nearest('pdos', ['nodes', 'pods', 'po'])).toBe('pods')
    expect(nearest('prod', ['prod-eu', 'staging'])).toBe('prod-eu')
    expect(nearest('shopp', ['shop', 'ship'])).toBe('shop')
    expect(nearest('zebra', ['prod', 'staging'])).toBeUndefined()
  })
})
