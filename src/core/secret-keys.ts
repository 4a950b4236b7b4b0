// Which names promise a secret: `DB_PASSWORD`, `clientSecret`, `client-key-data`, and which only speak of one: `secretName`, `tokenTTL`.

/** A name that holds one of these anywhere, written without separators. */
const STRONG: readonly [string, string][] = [
  ...['password', 'passwd', 'passphrase', 'passcode'].map((word): [string, string] => [word, 'password']),
  ['credential', 'credentials'],
  ['secret', 'secret'],
  ['token', 'token'],
  ['connectionstring', 'connection string'],
  ...`api access account admin auth cipher crypt deploy encryption hmac jwt license master private root service session
      shared sharedaccess signing ssh storage webhook`
    .split(/\s+/)
    .map((word): [string, string] => [`${word}key`, 'key']),
  ['clientkeydata', 'key'],
]

/** A name of which one of these is a whole word. */
const WORDS = new Map([
  ['pass', 'password'],
  ['pwd', 'password'],
  ['pw', 'password'],
  ['psk', 'key'],
  ['creds', 'credentials'],
  ['requirepass', 'password'],
  ['masterauth', 'password'],
  ['pgpass', 'password'],
])

/** The last word of a name that speaks of a secret without holding one. */
const ABOUT = new Set(
  `name names ref refs path paths file files filename dir directory folder url uri urls endpoint endpoints host hosts port type types kind count counts limit limits
   usage used total totals size length len max min ttl age expiry expires expiration exp expired lifetime duration seconds secs second ms timeout interval period
   rotation rotated policy policies version versions revision generation uid uuid ids enabled disabled required optional mode method methods provider providers source sources
   issuer issuers audience audiences algorithm alg field fields selector controller controllers manager store stores class mount mounts mounted volume volumes
   projection projections status state error errors failed failure failures reason message valid invalid missing found created updated at review reviews request requests
   response responses cache bucket rate format prefix label labels annotation annotations keyref reference hint help prompt description desc title strength complexity
   change changed reset link page auth authentication validation validator check checks service account accounts operator webhook exists present only owner user username
   budget window cost price per counter latency cleaner signer syncer sync reflector informer lister namespace namespaces`.split(
    /\s+/,
  ),
)

/** Words that merely contain a strong one. */
const NOT_STRONG =
  /^(?:tokeniz\w*|tokenis\w*|tokenreviews?|tokenrequests?|secretsmanager|secretmanager|secretstores?|clustersecretstores?|secretproviderclass(?:es)?|externalsecrets?|sealedsecrets?|secretary|secretref|secretname|passwordless|serviceaccounttoken)$/

/** The same few names come again and again in a log: remembered, and forgotten all at once before there are many. */
const known = new Map<string, string | undefined>()

/** The kind of secret that a key, flag, header or variable of this name holds, or undefined. */
export function secretKind(name: string): string | undefined {
  if (name.length > 256) return undefined
  if (known.has(name)) return known.get(name)
  if (known.size >= 1000) known.clear()
  const kind = readKind(name)
  known.set(name, kind)
  return kind
}

function readKind(name: string): string | undefined {
  const last = name.slice(name.lastIndexOf('/') + 1)
  const words = last
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  // `password2`, `TOKEN_1`: a number says which one
  while (words.length > 1 && /^\d+$/.test(words.at(-1) ?? '')) words.pop()
  const end = words.at(-1)
  if (end === undefined || ABOUT.has(end) || words.some((word) => NOT_STRONG.test(word))) return undefined
  // helm charts name the key *inside* a Secret: `existingSecretPasswordKey: postgres-password`
  if (end === 'key' && words.length > 1 && /^(?:password|passwd|token)$/.test(words.at(-2) ?? '')) return undefined
  // `access_key_id`, `token_id` name a secret; Vault's `secret_id` is one
  if (end === 'id' && words.at(-2) !== 'secret') return undefined
  for (const word of words) {
    const kind = WORDS.get(word)
    if (kind !== undefined) return kind
  }
  const joined = words.join('')
  return STRONG.find(([strong]) => joined.includes(strong))?.[1]
}

/** Names of references to Secret objects: `imagePullSecret: regcred`, `auth-secret: shop/basic-auth`. */
const REFERENCE = /(?:pull|existing|tls|auth|basic|ca|cert|certificate|image|registry|backup|default)[-_.]?secrets?$/i

/**
 * Does `secret: VALUE` name a Secret object rather than hold one? `shop/checkout-db` always does;
 * a bare name only under a key that is known to refer.
 */
export function namesSecretObject(key: string, value: string): boolean {
  if (!/secrets?$/i.test(key) || value.length > 317) return false
  if (/^[a-z0-9][a-z0-9-]{0,62}\/[a-z][a-z0-9.-]{0,252}$/.test(value))
    return /(?:^|[-_./])secrets?$/i.test(key) || REFERENCE.test(key)
  return REFERENCE.test(key) && /^[a-z][a-z0-9.-]{0,252}$/.test(value)
}

/** Values that stand where a secret could but are none: placeholders, references, words of a sentence. */
const PLACEHOLDER =
  /^(?:|null|nil|none|undefined|true|false|yes|no|on|off|<[^<>]{0,200}>|\*{3,}|x{3,}|\.{3}|\$\([\w.-]{1,100}\)|\$\{[\w.]{1,100}\}|\{\{[^{}]{0,200}\}\}|%[sqvd]|\d+ bytes|\[redacted[^\]]{0,80}\]?|string|bytes)$/i
const SENTENCE_WORD =
  /^(?:required|missing|invalid|expired|not|failed|failing|failure|error|denied|unauthorized|forbidden|rejected|accepted|ok|okay|valid|changed|updated|created|deleted|rotated|refreshed|revoked|unknown|empty|set|unset|found|notfound|provided|mismatch|mismatched|mounted|configured|unchanged|incorrect|wrong|bad|present|absent|malformed|unavailable|disabled|enabled|optional|bearer|basic|opaque|env|vault|file|jwt|oidc|secrets?|tokens?|configmaps?|key|keys|object|volume|open|closed|public|references?|the|a|an|is|was|has|had|could|cannot|can|must|should|for|from|in|to|of|by|with|and|or)[.,;:!]?$/i
const FILE_PATH = /^\.{0,2}(?:\/[a-z0-9_.][a-z0-9._-]{0,62}){2,12}\/?$/

/** Is this the value that a secret's name promised? `prose`: it followed `name: ` within a sentence. */
export function isSecretValue(kind: string, value: string, prose = false): boolean {
  if (value.length > 256) return true
  if (PLACEHOLDER.test(value) || SENTENCE_WORD.test(value)) return false
  if (FILE_PATH.test(value) && !/[a-z]\d[a-z]|\d[a-z]\d/.test(value)) return false
  if (value.startsWith('/') && /^\/(?:[a-z]+\/)*[a-z]*$/.test(value)) return false
  if (/^[a-z][a-z0-9+.-]{0,20}:\/\//i.test(value)) return false
  if (/^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2)/.test(value)) return false
  if (kind === 'token' && value.length < 4) return false
  if (/^-?\d{1,7}(?:\.\d+)?[,;.]?$/.test(value))
    return kind === 'password' ? !prose || value.length > 3 : value.length >= 6 && kind !== 'token'
  return !prose || looksRandom(value)
}

function looksRandom(word: string): boolean {
  const bare = word.replace(/[.,;:!?)\]}]{1,5}$/, '')
  if (bare.length < 5) return false
  if (
    /^(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|v\d[\w.-]*|\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d)\w*|\d{4}-\d\d-\d\d\S*|x509|[a-z][\w.-]*\.go:\d+)$/.test(
      bare,
    )
  )
    return false
  if (/\d/.test(bare) && /[A-Za-z]/.test(bare)) return true
  if (/[a-z][A-Z]/.test(bare) || /[!@#$%^&*+=~]/.test(bare)) return true
  return bare.length >= 20
}
