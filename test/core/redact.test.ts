import { describe, expect, it } from 'vitest'
import { looksSecret, redact, redactValue } from '../../src/core/redact.ts'
import { secretKind } from '../../src/core/secret-keys.ts'
import { canaries } from './redact.canaries.ts'

const AROUND: [string, (text: string) => string][] = [
  ['alone', (text) => text],
  [
    'within a log',
    (text) => `2026-11-21T10:00:00Z INFO starting shop/checkout\n${text}\n2026-11-21T10:00:01Z INFO ready`,
  ],
  ['with Windows lines', (text) => `first\r\n${text}\r\nlast`],
  ['after a megabyte', (text) => `${'10.0.0.1 GET /healthz 200 checkout-7d9f8c6b5-x2p9q\n'.repeat(2_000)}${text}`],
]

describe('no canary leaves', () => {
  for (const [where, put] of AROUND) {
    it(where, () => {
      const leaked = canaries.flatMap(({ name, text, secret }) => {
        const out = redact(put(text))
        return [secret]
          .flat()
          .filter((part) => out.includes(part))
          .map((part) => `${name}: ${part} in ${out.slice(-200)}`)
      })
      expect(leaked).toEqual([])
    })
  }

  it('and what was redacted stays as it is when redacted again', () => {
    const changed = canaries.flatMap(({ name, text }) => {
      const once = redact(text)
      return redact(once) === once ? [] : [`${name}: ${once} became ${redact(once)}`]
    })
    expect(changed).toEqual([])
  })

  it('and JSON stays JSON', () => {
    for (const { name, text } of canaries) {
      if (!/^[[{]"/.test(text)) continue
      expect(() => JSON.parse(redact(text)), name).not.toThrow()
    }
  })

  it('as a string anywhere in structured data', () => {
    for (const { name, text, secret } of canaries) {
      const out = JSON.stringify(redactValue({ list: [{ deep: text }], [text]: 1, map: new Map([['a', text]]) }))
      for (const part of [secret].flat()) expect(out.includes(part), `${name}: ${out}`).toBe(false)
    }
  })
})

const ORDINARY = `
password authentication failed for user "shop"
FATAL: password authentication failed for user "app" (SQLSTATE 28P01)
secret checkout-db not found
Error: secret "checkout-db" not found
MountVolume.SetUp failed for volume "tls" : secret "shop-tls" not found
couldn't find key DB_PASSWORD in Secret shop/checkout-db
secrets "checkout-db" is forbidden: User "system:serviceaccount:shop:app" cannot get resource "secrets" in API group "" in the namespace "shop"
token expired
error: token: signature is invalid
invalid token: unexpected end of input
Unable to authenticate the request: [invalid bearer token, service account token has expired]
authentication failed: bearer token missing
Failed to fetch token: serviceaccounts "app" not found
MountVolume.SetUp failed for volume "kube-api-access-x7k2p" : failed to fetch token: serviceaccounts "checkout" is forbidden
"Caches not populated" secret="shop/checkout-db"
I1121 10:00:00.123456       1 token_controller.go:412] Starting token cleaner
secretName: checkout-db
secretRef:
  name: checkout-env
existingSecret: postgres
existingSecretPasswordKey: postgres-password
imagePullSecrets:
- name: regcred
imagePullSecret: regcred
nginx.ingress.kubernetes.io/auth-secret: shop/basic-auth
secretKeyRef: {name: checkout-db, key: password}
      secretKeyRef:
        key: password
        name: checkout-db
automountServiceAccountToken: false
serviceAccountToken:
  expirationSeconds: 3607
  path: token
tokenExpirationSeconds: 3607
DB_PASSWORD_FILE=/run/secrets/db-password
PASSWORD_FILE: /etc/secrets/password
DB_PASSWORD:  <set to the key 'password' in secret 'checkout-db'>  Optional: false
password:  16 bytes
token:      1241 bytes
password: \${DB_PASSWORD}
password: $(DB_PASSWORD)
password: {{ .Values.db.password }}
password: null
kubectl create secret generic checkout-db --from-literal=password
use --token to sign in, or --password for an old server
max_tokens: 4096
prompt_tokens=523 completion_tokens=18 total_tokens=541
tokens: 1200
token_type=bearer
next_page_token=
kind: Secret
kind: SecretList
image: registry.shop.io/checkout@sha256:9b2f0c8e7d6a5b4c3d2e1f00112233445566778899aabbccddeeff0011223344
imageID: docker-pullable://registry.shop.io:5000/checkout@sha256:9b2f0c8e7d6a5b4c3d2e1f00112233445566778899aabbccddeeff0011223344
containerd://9b2f0c8e7d6a5b4c3d2e1f00112233445566778899aabbccddeeff0011223344
uid: 6f1c2d1e-1a2b-4c3d-8e9f-0123456789ab
resourceVersion: "184467440737"
commit 3f786850e387550fdab836ed7e6dc881de23001b
checkout-7d9f8c6b5-x2p9q checkout-7d9f8c6b5-abcde sk-learn-model-server-7c9d8f6b5-zzzzz
pod-template-hash=7d9f8c6b5
node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
key=value:NoSchedule
Events: Back-off restarting failed container checkout in pod checkout-7d9f8c6b5-x2p9q_shop(6f1c2d1e-1a2b-4c3d-8e9f-0123456789ab)
WWW-Authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:shop/checkout:pull"
failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.docker.io/token?scope=repository%3Ashop%2Fcheckout%3Apull&service=registry.docker.io: 401 Unauthorized
Basic authentication is off
authorization-mode=Node,RBAC
apiVersion: rbac.authorization.k8s.io/v1
git@github.com:shop/checkout.git
ssh://git@github.com/shop/checkout
http://checkout.shop.svc.cluster.local:8080/healthz?verbose=true
postgres://db.shop.svc:5432/checkout?sslmode=disable
dial tcp: lookup redis on 10.96.0.10:53: no such host
Readiness probe failed: Get "http://10.244.1.17:8080/ready": dial tcp 10.244.1.17:8080: connect: connection refused
environment variable DATABASE_URL is undefined
the password must have at least 12 characters
password is required
Password: required
passwordPolicy: strict
-----BEGIN CERTIFICATE-----
MIIBszCCARygAwIBAgIRAOm5
-----END CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJzekNDQVJ5Z0F3SUJBZ0lSQU9tNQo=
SSH key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3 user@host
java.lang.IllegalStateException: Failed to load ApplicationContext at org.springframework.test.context.cache.DefaultCacheAwareContextLoaderDelegate
tokenizer: cl100k_base
passthrough: true
compass: north
author: mira
monkey: george
keyboard: us
primary_key: id
foreign_key=order_id
cacheKey: shop/checkout
labels: app=checkout,tier=web
  Warning  FailedMount  3m (x9 over 5m)  kubelet  MountVolume.SetUp failed for volume "db-secret" : secret "db" not found
{"level":"info","msg":"rotating token","kind":"Secret","name":"checkout-db","tokenTTL":"24h"}
secret/checkout-db configured
`

describe('ordinary text stays', () => {
  for (const line of ORDINARY.trim().split('\n')) {
    it(line.slice(0, 100), () => {
      expect(redact(line)).toBe(line)
    })
  }

  it('as a whole', () => {
    const lines = ORDINARY.split('\n')
    const kept = lines.filter((line) => !line.startsWith('kind: Secret')).join('\n')
    expect(redact(kept)).toBe(kept)
  })

  it('in a ConfigMap beside a Secret', () => {
    const text =
      'kind: ConfigMap\ndata:\n  greeting: hello\n---\nkind: Secret\nmetadata:\n  name: db\ndata:\n  a: Zm9vYmFy\ntype: Opaque\n'
    expect(redact(text)).toBe(text.replace('Zm9vYmFy', '[redacted: secret]'))
  })

  it('around a secret: what people need to find the trouble', () => {
    expect(redact('dial postgres://shop:pw1@db.shop.svc:5432/checkout?sslmode=disable failed')).toBe(
      'dial postgres://[redacted: userinfo]@db.shop.svc:5432/checkout?sslmode=disable failed',
    )
    expect(redact('login user=shop password=hunter2, host=db retry=3')).toBe(
      'login user=shop password=[redacted: password], host=db retry=3',
    )
    expect(redact('{"user":"shop","password":"a\\"b","port":5432}')).toBe(
      '{"user":"shop","password":"[redacted: password]","port":5432}',
    )
  })
})

describe('names', () => {
  it('that promise a secret are told from names that speak of one', () => {
    const yes = [
      'password',
      'DB_PASS',
      'x-api-key',
      'clientSecret',
      'spring.datasource.password',
      'token2',
      'AWS_SECRET_ACCESS_KEY',
      'client-key-data',
      'MYSQL_PWD',
      'secret_id',
      'privateKey',
      'credentials',
    ]
    const no = [
      'secretName',
      'tokenTTL',
      'passwordFile',
      'token_type',
      'key',
      'primaryKey',
      'keyboard',
      'compass',
      'tokenizer',
      'passwordPolicy',
      'secretKeyRef',
      'serviceAccountTokenPath',
      'author',
      'accessKeyId',
      '',
    ]
    expect(yes.filter((name) => !secretKind(name))).toEqual([])
    expect(no.filter((name) => secretKind(name))).toEqual([])
  })
})

it('fails closed on what is no text', () => {
  expect(redact(undefined as unknown as string)).toBe('[redacted: this text could not be checked for secrets]')
  const hostile = { length: 100, toString: () => 'password=hunter2' }
  expect(redact(hostile as unknown as string)).not.toContain('hunter2')
})

it('looksSecret says whether redact would take something out', () => {
  expect(looksSecret('password=hunter2')).toBe(true)
  expect(looksSecret('password=[redacted: password]')).toBe(false)
  expect(looksSecret('nothing here')).toBe(false)
})

describe('time grows with the length, not with its square', () => {
  const EVIL = [
    'eyJ',
    'eyJ.',
    'password=',
    'password ',
    '://',
    '://a:',
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----\n',
    'a',
    'A\n',
    '"password":"',
    "password: '",
    'name: a value: ',
    'Bearer ',
    '--a ',
    'key=',
    '"data":{',
    'curl ',
    '<a>',
    'authorization:',
    'AKIAIOSFODNN7EXAMPLE',
    'kind: Secret\ndata:\n a: ',
    'token: |\n ',
    '\\"',
    'token=a ',
    'password="[redacted ',
    '[',
    '[redacted',
  ]
  for (const evil of EVIL) {
    it(JSON.stringify(evil), () => {
      const time = (bytes: number) => {
        const text = evil.repeat(Math.ceil(bytes / evil.length))
        const from = performance.now()
        redact(text)
        return performance.now() - from
      }
      time(20_000)
      const small = Math.max(time(150_000), 4)
      // eight times the text: eight times the time, with room for noise (the best of three); its square would be 64
      let large = Number.POSITIVE_INFINITY
      for (let tries = 0; tries < 3 && large / small >= 30; tries++) large = Math.min(large, time(1_200_000))
      expect(large / small).toBeLessThan(30)
    })
  }
})
