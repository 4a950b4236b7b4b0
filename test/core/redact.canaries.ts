// Secrets of every shape, made at run time: none of them is real, and no scanner of this repository trips over them.
import { createHash } from 'node:crypto'

/** Letters that look random and are the same in every run. */
function noise(
  seed: string,
  length: number,
  alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
): string {
  let out = ''
  for (let i = 0; out.length < length; i++) {
    for (const byte of createHash('sha512').update(`${seed} ${i}`).digest()) out += alphabet[byte % alphabet.length]
  }
  return out.slice(0, length)
}

const HEX = '0123456789abcdef'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const b64 = (text: string) => Buffer.from(text).toString('base64')
const b64url = (text: string) => Buffer.from(text).toString('base64url')
const wrap = (text: string, width: number) => text.match(new RegExp(`.{1,${width}}`, 'g'))?.join('\n') ?? text

function pem(kind: string): string {
  return [`-----BEGIN ${kind}-----`, wrap(noise(kind, 400), 64), `-----END ${kind}-----`].join('\n')
}

const password = noise('password', 14)
const jwt = [
  b64url('{"alg":"RS256","kid":"x"}'),
  b64url('{"iss":"kubernetes/serviceaccount","sub":"system:serviceaccount:shop:app"}'),
  noise('sig', 86),
].join('.')
const awsSecret = `${noise('aws', 20)}/${noise('aws2', 18)}7`
const azureKey = `${noise('azure', 86)}==`

export interface Canary {
  name: string
  /** what arrives */
  text: string
  /** what must not leave, in whole or in its telling parts */
  secret: string | string[]
}

export const canaries: Canary[] = [
  { name: 'a JWT', text: `got ${jwt} from caller`, secret: jwt.split('.').slice(1) },
  { name: 'a JWT without signature', text: jwt.split('.').slice(0, 2).join('.'), secret: jwt.split('.')[1] ?? '' },
  { name: 'a JWT in a path', text: `GET /login/${jwt}?x=1`, secret: jwt.split('.').slice(1) },
  ...[
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'PGP PRIVATE KEY BLOCK',
  ].flatMap((kind): Canary[] => {
    const text = pem(kind)
    const secret = text.split('\n').slice(1, -1)
    return [
      { name: kind, text: `key:\n${text}\nend`, secret },
      { name: `${kind} in JSON`, text: JSON.stringify({ note: text }), secret },
      { name: `${kind} in base64`, text: `blob ${b64(text)}`, secret: b64(text).slice(40, 90) },
      {
        name: `${kind} in wrapped base64`,
        text: wrap(b64(text), 76),
        secret: wrap(b64(text), 76).split('\n').slice(0, -1),
      },
      { name: `${kind} without its end`, text: text.split('\n').slice(0, -2).join('\n'), secret: secret.slice(0, -1) },
      {
        name: `${kind} without its beginning`,
        text: `${text.split('\n').slice(2).join('\n')}\nmore`,
        secret: secret.slice(1),
      },
    ]
  }),
  { name: 'an AWS key id', text: `key AKIA${noise('id', 16, UPPER)} used`, secret: noise('id', 16, UPPER) },
  { name: 'an AWS secret in a credentials file', text: `aws_secret_access_key = ${awsSecret}`, secret: awsSecret },
  { name: 'an AWS secret beside its id', text: `AKIA${noise('id', 16, UPPER)} ${awsSecret}`, secret: awsSecret },
  { name: 'an AWS secret as JSON', text: JSON.stringify({ SecretAccessKey: awsSecret }), secret: awsSecret },
  {
    name: 'a GCP service account',
    text: JSON.stringify(
      { type: 'service_account', private_key_id: noise('k', 40, HEX), private_key: pem('PRIVATE KEY') },
      null,
      2,
    ),
    secret: pem('PRIVATE KEY').split('\n').slice(1, -1),
  },
  { name: 'a Google API key', text: `key=AIza${noise('g', 35)}`, secret: noise('g', 35) },
  {
    name: 'an Azure connection string',
    text: `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${azureKey};EndpointSuffix=core.windows.net`,
    secret: azureKey,
  },
  {
    name: 'an Azure SAS',
    text: `https://shop.blob.core.windows.net/c?sv=2022&sig=${encodeURIComponent(`${noise('sas', 43)}=`)}&se=2027`,
    secret: noise('sas', 43),
  },
  {
    name: 'an Azure bus string',
    text: `Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=${noise('bus', 43)}=`,
    secret: noise('bus', 43),
  },
  ...['p', 'o', 'u', 's', 'r'].map(
    (c): Canary => ({ name: `a GitHub token gh${c}`, text: `gh${c}_${noise(c, 36)}`, secret: noise(c, 36) }),
  ),
  {
    name: 'a fine-grained GitHub token',
    text: `github_pat_${noise('gp', 22)}_${noise('gp2', 59)}`,
    secret: [noise('gp', 22), noise('gp2', 59)],
  },
  { name: 'a GitLab token', text: `glpat-${noise('gl', 20)}`, secret: noise('gl', 20) },
  ...['xoxb', 'xoxp', 'xoxa', 'xoxr', 'xoxs'].map(
    (c): Canary => ({ name: `a Slack token ${c}`, text: `${c}-1234567890-${noise(c, 24)}`, secret: noise(c, 24) }),
  ),
  { name: 'a Slack app token', text: `xapp-1-A012345-678-${noise('xapp', 64, HEX)}`, secret: noise('xapp', 64, HEX) },
  {
    name: 'a Slack webhook',
    text: `https://hooks.slack.com/services/T0${noise('t', 8, UPPER)}/B0${noise('b', 8, UPPER)}/${noise('w', 24)}`,
    secret: noise('w', 24),
  },
  {
    name: 'a Discord bot token',
    text: `MT${noise('d', 24)}.${noise('d2', 6)}.${noise('d3', 38)}`,
    secret: noise('d3', 38),
  },
  {
    name: 'a Discord webhook',
    text: `https://discord.com/api/webhooks/123456789012345678/${noise('dw', 68)}`,
    secret: noise('dw', 68),
  },
  { name: 'an OpenAI key', text: `sk-proj-${noise('oa', 48)}`, secret: noise('oa', 48) },
  { name: 'an old OpenAI key', text: `sk-${noise('oa', 48)}`, secret: noise('oa', 48) },
  { name: 'an Anthropic key', text: `sk-ant-api03-${noise('an', 90)}`, secret: noise('an', 90) },
  { name: 'a Stripe key', text: `sk_live_${noise('st', 24)}`, secret: noise('st', 24) },
  { name: 'an npm token', text: `//registry.npmjs.org/:_authToken=npm_${noise('np', 36)}`, secret: noise('np', 36) },
  { name: 'a PyPI token', text: `pypi-AgEIcHlwaS5vcmc${noise('py', 120)}`, secret: noise('py', 120) },
  { name: 'a Vault token', text: `hvs.${noise('hv', 90)}`, secret: noise('hv', 90) },
  { name: 'a SendGrid key', text: `SG.${noise('sg', 22)}.${noise('sg2', 43)}`, secret: noise('sg2', 43) },
  {
    name: 'a docker config',
    text: JSON.stringify({ auths: { 'reg.io': { username: 'bot', password, auth: b64(`bot:${password}`) } } }),
    secret: [password, b64(`bot:${password}`)],
  },
  {
    name: 'a docker config in base64',
    text: `.dockerconfigjson: ${b64(JSON.stringify({ auths: { 'reg.io': { auth: b64(`bot:${password}`) } } }))}`,
    secret: b64(JSON.stringify({ auths: { 'reg.io': { auth: b64(`bot:${password}`) } } })).slice(8, 60),
  },
  ...['postgres', 'mysql', 'mongodb+srv', 'redis', 'amqp', 'https'].map(
    (scheme): Canary => ({
      name: `${scheme} userinfo`,
      text: `dial ${scheme}://shop:${password}@db.shop.svc:5432/x failed`,
      secret: password,
    }),
  ),
  { name: 'userinfo without a user', text: `REDIS_URL=redis://:${password}@cache:6379`, secret: password },
  { name: 'userinfo with odd characters', text: `postgres://shop:pa/${password}@x@db:5432/shop`, secret: password },
  {
    name: 'a token as user',
    text: `git clone https://${noise('gt', 40, HEX)}@github.com/shop/app`,
    secret: noise('gt', 40, HEX),
  },
  { name: 'a Go MySQL address', text: `shop:${password}@tcp(db:3306)/shop`, secret: password },
  { name: 'a bearer header', text: `Authorization: Bearer ${noise('be', 40)}`, secret: noise('be', 40) },
  {
    name: 'a bearer header in curl',
    text: `curl -H "Authorization: Bearer ${noise('be', 40)}" https://x`,
    secret: noise('be', 40),
  },
  { name: 'a basic header', text: `Authorization: Basic ${b64(`bot:${password}`)}`, secret: b64(`bot:${password}`) },
  { name: 'a header map', text: `map[Authorization:[Bearer ${noise('be', 40)}]]`, secret: noise('be', 40) },
  { name: 'an API key header', text: `X-Api-Key: ${noise('xa', 32)}`, secret: noise('xa', 32) },
  { name: 'a cookie', text: `Set-Cookie: session=${noise('co', 32)}; Path=/; HttpOnly`, secret: noise('co', 32) },
  ...[
    'password',
    'passwd',
    'PASSWORD',
    'DB_PASSWORD',
    'db.password',
    'secret',
    'client_secret',
    'clientSecret',
    'token',
    'access_token',
    'api_key',
    'apiKey',
    'API_KEY',
    'SECRET_KEY_BASE',
    'PGPASSWORD',
    'MYSQL_ROOT_PASSWORD',
    'spring.datasource.password',
  ].flatMap((key): Canary[] => [
    { name: `${key}=`, text: `${key}=${password}`, secret: password },
    {
      name: `${key}= in a log line`,
      text: `12:00:01 ERROR login failed user=shop ${key}=${password} host=db`,
      secret: password,
    },
    { name: `${key}= quoted`, text: `${key}="${password} with words"`, secret: password },
    { name: `${key} in YAML`, text: `spec:\n  ${key}: ${password}\n  other: 1`, secret: password },
    {
      name: `${key} as a YAML block`,
      text: `${key}: |\n  ${password}\n  second line\nnext: 1`,
      secret: [password, 'second line'],
    },
    { name: `${key} in JSON`, text: JSON.stringify({ [key]: password, other: 1 }), secret: password },
    {
      name: `${key} in JSON in JSON`,
      text: JSON.stringify({ text: JSON.stringify({ [key]: password }) }),
      secret: password,
    },
    { name: `${key} in a query`, text: `GET /x?a=1&${key}=${password}&b=2`, secret: password },
    { name: `${key} as a variable`, text: `- name: ${key}\n  value: ${password}\n- name: OTHER`, secret: password },
    { name: `${key} as a JSON variable`, text: JSON.stringify([{ name: key, value: password }]), secret: password },
    { name: `${key} as Go prints it`, text: `{Name:${key} Value:${password} ValueFrom:nil}`, secret: password },
    {
      name: `${key} in base64`,
      text: b64(`user=shop\n${key}=${password}\n`),
      secret: b64(`user=shop\n${key}=${password}\n`).slice(0, 30),
    },
  ]),
  { name: 'a weak password', text: 'password=hunter2', secret: 'hunter2' },
  { name: 'a numeric password', text: '{"password":12345678}', secret: '12345678' },
  { name: 'a pass phrase', text: 'passphrase: correct horse battery staple', secret: 'horse' },
  { name: 'a told password', text: `the password is ${password}, do not tell`, secret: password },
  { name: 'a flag', text: `mysqld --password ${password} --port 1`, secret: password },
  { name: 'a flag in a list', text: `args: ["--token", "${password}"]`, secret: password },
  { name: 'a flag in a YAML list', text: `args:\n- --password\n- ${password}\n- --port`, secret: password },
  { name: 'curl -u', text: `curl -sS -u shop:${password} https://x`, secret: password },
  { name: 'XML', text: `<server><password>${password}</password></server>`, secret: password },
  { name: 'SQL', text: `CREATE USER shop IDENTIFIED BY '${password}'`, secret: password },
  {
    name: 'a kubeconfig',
    text: `users:\n- name: admin\n  user:\n    client-certificate-data: ${b64('-----BEGIN CERTIFICATE-----')}\n    client-key-data: ${b64(pem('RSA PRIVATE KEY'))}\n    token: ${noise('kt', 30)}`,
    secret: [b64(pem('RSA PRIVATE KEY')).slice(0, 50), noise('kt', 30)],
  },
  {
    name: 'a Secret as YAML',
    text: `apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop-db\ndata:\n  username: ${b64('shopadmin')}\n  value: ${b64(password)}\n`,
    secret: [b64(password), b64('shopadmin')],
  },
  {
    name: 'a Secret with data first',
    text: `apiVersion: v1\ndata:\n  a: ${b64(password)}\nkind: Secret\n`,
    secret: b64(password),
  },
  {
    name: 'a Secret in a list',
    text: `items:\n- apiVersion: v1\n  data:\n    a: ${b64(password)}\n  kind: Secret\nkind: List`,
    secret: b64(password),
  },
  {
    name: 'a Secret with stringData',
    text: `kind: Secret\nstringData:\n  config: |\n    line one ${password}\n    line two\n`,
    secret: [password, 'line two'],
  },
  {
    name: 'a Secret as JSON',
    text: JSON.stringify({ kind: 'Secret', apiVersion: 'v1', data: { a: b64(password) } }, null, 2),
    secret: b64(password),
  },
  {
    name: 'a Secret in an annotation',
    text: JSON.stringify({
      annotation: JSON.stringify({ apiVersion: 'v1', data: { a: b64(password) }, kind: 'Secret' }),
    }),
    secret: b64(password),
  },
  {
    name: 'base64 in base64',
    text: b64(b64(`db_password=${password}`)),
    secret: b64(b64(`db_password=${password}`)).slice(4, 40),
  },
  {
    name: 'a variable with its value first',
    text: JSON.stringify({ value: password, name: 'DB_PASSWORD' }),
    secret: password,
  },
  { name: 'a quoted password', text: `login user "shop" password "${password}" failed`, secret: password },
  { name: 'a key in two words', text: `api key: ${noise('two', 32)}`, secret: noise('two', 32) },
  { name: 'a secret behind a mask', text: `password=[redacted: x]${password}`, secret: password },
  { name: 'a Go map', text: `map[password:${password} user:shop]`, secret: password },
]
