// What application logs say when something is wrong: one row per way of saying it, most telling first. Facts only; what follows is `logs.ts`.

export type LogKind =
  | 'env-missing'
  | 'rbac'
  | 'disk-full'
  | 'watch-limit'
  | 'connection'
  | 'dns'
  | 'auth'
  | 'not-granted'
  | 'pool'
  | 'tls'
  | 'migration'
  | 'config'
  | 'flag'
  | 'runs-as-root'
  | 'data-corrupt'
  | 'port-in-use'
  | 'port-privileged'
  | 'read-only'
  | 'permission'
  | 'exec-format'
  | 'command-missing'
  | 'file-missing'
  | 'module-missing'
  | 'app-memory'
  | 'locked'
  | 'rate-limited'
  | 'cloud-denied'
  | 'cpu-feature'
  | 'license'

export interface Pattern {
  kind: LogKind
  /** named groups: subject (variable, file, option …), host, port */
  form: RegExp
  /** how much it explains by itself: a missing variable beats the "exiting" after it */
  weight: number
}

const ENV = '(?<subject>(?<![A-Z0-9_])[A-Z][A-Z0-9_]{2,60})'
// only from the start of a word, and one dotted part after the other: a long word without a match costs its length once
const HOST = '(?<host>(?<![\\w.-])[a-zA-Z0-9][a-zA-Z0-9-]{0,62}(?:\\.[a-zA-Z0-9][a-zA-Z0-9-]{0,62}){0,10})'
const PORT = '(?<port>\\d{1,5})'
// a URL scheme with or without credentials before a host
const URL_START = '[a-z][a-z0-9+.-]{1,20}://(?:[^@/\\s]{0,100}@)?'

function rows(kind: LogKind, weight: number, ...forms: (RegExp | string)[]): Pattern[] {
  return forms.map((form) => ({ kind, weight, form: typeof form === 'string' ? new RegExp(form, 'i') : form }))
}
// variable names are told by their capitals, so these must not ignore case as a whole
function exact(kind: LogKind, weight: number, ...forms: string[]): Pattern[] {
  return forms.map((form) => ({ kind, weight, form: new RegExp(form) }))
}

export const PATTERNS: readonly Pattern[] = [
  ...exact(
    'env-missing',
    95,
    `[Ee]nv(?:ironment)?[ _-]?(?:[Vv]ar(?:iable)?s?)?[ :=]{1,3}["'\`]?\\$?\\{?${ENV}\\}?["'\`]?,? (?:is |was |has |must |are )?(?:not |un|be |required|missing|empty|been |never )`,
    `["'\`]?\\$?\\{?${ENV}\\}?["'\`]? (?:environment variable |env(?:ironment)? var(?:iable)? |env )?(?:is|was|has|must|needs to|cannot|can't|should|are) (?:not (?:been )?(?:set|defined|found|provided|specified|configured|present)|un(?:set|defined|bound)|missing|required|empty|be (?:set|defined|provided|specified|empty|blank)|mandatory|blank|None|null|nil)`,
    `(?:[Mm]issing|[Rr]equired?|[Uu]ndefined|[Uu]nset|[Ee]xpected|[Mm]ust (?:set|define|specify|provide)|[Nn]o|[Pp]lease set|[Nn]eed to (?:set|specify)|not (?:set|found|defined|provided):?)(?: (?:the|one of|required|mandatory|following|necessary|value for|a|an))*(?: (?:env(?:ironment)?|config(?:uration)?|setting)s?)?[ _-]?(?:[Vv]ar(?:iable)?s?(?:\\(s\\))?)?(?: (?:is|are|not set|missing))?:? {0,2}["'\`\\[$]{0,2}\\{?${ENV}(?![a-z])`,
    `KeyError: ["']${ENV}["']`,
    `${ENV}: (?:unbound variable|parameter (?:null or )?not set|parameter not set|not set|is unset|missing|required|undefined)`,
    `(?:process\\.env|os\\.environ|ENV)[.\\[]["']?${ENV}["']?\\]? (?:is|was) (?:not|un|missing)`,
    `(?:[Ss]et|[Dd]efine|[Pp]rovide|[Ee]xport|[Ss]pecify) (?:the |an? )?["'\`$]?${ENV}["'\`]? (?:environment|env|variable)`,
    `Could not resolve placeholder '(?<subject>[A-Za-z][\\w.-]{1,80})'`,
    `(?:key not found|fetch'): "${ENV}"`,
    `required (?:key|field|variable|option) ["']?${ENV}["']? (?:is )?(?:missing|not set|missing value)`,
    `(?:field|variable|key) ["'\`]?${ENV}["'\`]? (?:required|missing)`,
    `You (?:must|need to) (?:specify|set|provide|define) (?:one of )?["'\`$]?${ENV}`,
    `specify ["'\`$]?${ENV}["'\`]? (?:to|as|in)`,
    `(?:EnvVarError|NotPresent|VarError)[^A-Z]{0,60}${ENV}`,
    `${ENV}[^a-zA-Z]{1,4}(?:environment variable )?not found`,
  ),
  ...rows(
    'rbac',
    97,
    /cannot (?<verb>[a-z]{2,20}) resource "(?<resource>[a-z0-9./-]{1,80})" in API group "(?<group>[a-z0-9.-]{0,80})"(?: in the namespace "(?<ns>[a-z0-9-]{1,63})")?/,
    /cannot (?<verb>[a-z]{2,20}) (?<resource>[a-z]{2,40}(?:\.[a-z0-9.]{2,60})?) (?:in the namespace "(?<ns>[a-z0-9-]{1,63})"|at the cluster scope)/,
  ),
  ...rows(
    'watch-limit',
    93,
    /(?:inotify|fsnotify|watcher|ENOSPC: System limit).{0,120}(?:too many open files|no space left on device|limit|reached)/i,
    /too many open files|EMFILE|ulimit.{0,20}open files/i,
    /(?<subject>vm\.max_map_count|max file descriptors|max number of threads|net\.core\.somaxconn|fs\.[\w.]{3,40})\b.{0,40}(?:too low|too small|at least|increase)/i,
  ),
  ...rows(
    'disk-full',
    94,
    /no space left on device|ENOSPC|disk(?: is|\s)? ?full|disk quota exceeded|not enough (?:disk|free) space|insufficient disk space|out of disk space|disk usage exceed|flood.?stage (?:disk )?watermark|no more free space|volume is full/i,
  ),
  ...rows(
    'pool',
    90,
    /(?:connection |conn |db |database |jdbc |thread |worker )?pool (?:is )?(?:exhausted|exhaustion|timed out|timeout|is full|limit)|pool.{0,40}(?:exhausted|Connection is not available)/i,
    /too many (?:clients|connections)|remaining connection slots are reserved|max_connections|max number of clients reached|max clients reached|QueuePool limit|Timeout acquiring (?:a )?connection|timeout (?:exceeded )?(?:when|while) (?:trying to connect|acquiring)|ResourceRequest timed out|unable to acquire (?:a )?(?:JDBC )?connection|no (?:free|available) connections? (?:in|available)/i,
  ),
  ...rows(
    'dns',
    88,
    `(?:getaddrinfo|queryA|querySrv|lookup)\\w* (?:ENOTFOUND|EAI_AGAIN|EAI_NONAME|ESERVFAIL|ETIMEOUT|failed for)?:? ?["']?${HOST}["']?`,
    `lookup ${HOST}(?: on [0-9.:\\[\\]a-f]+)?: (?:no such host|server misbehaving|i/o timeout|read udp|Temporary failure|dial udp)`,
    `(?:Unknown\\s?Host(?:Exception)?:?|could not translate host name|could not resolve(?: host)?:?|failed to resolve|cannot resolve(?: host)?:?|unable to resolve(?: host)?:?|couldn't resolve host|Name or service not known:?|nodename nor servname provided[^:]{0,20}:?|resolve host(?:name)?:?|resolve server|DNS resolution failed for|No resolvable bootstrap urls[^\\n:]{0,60}:|bad address|Failed to lookup address(?: information)?:?) ["'\`]?${HOST}["'\`]?`,
    `["']?${HOST}(?::${PORT})?["']?[.:, ]{1,3}(?:Name or service not known|No address associated with hostname|Temporary failure in name resolution|no such host|nodename nor servname|Name does not resolve|host not found|could not be resolved|NXDOMAIN|Try again|failed to resolve)`,
    `host not found in (?:upstream|resolver) "${HOST}(?::${PORT})?"`,
    /Temporary failure in name resolution|Name or service not known|no such host|NXDOMAIN|server misbehaving|SERVFAIL|DNS (?:resolution|lookup) (?:failed|timed? ?out|error)/i,
  ),
  ...rows(
    'tls',
    91,
    /certificate has expired|certificate (?:is )?expired|x509: [a-z :]{5,120}|certificate signed by unknown authority|certificate verify failed|unable to (?:get local issuer|verify the first) certificate|self.signed certificate|PKIX path (?:building|validation) failed|SSLHandshakeException|tls: [a-z' ]{5,80}|certificate is (?:not valid|valid for)|CERT_HAS_EXPIRED|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|ERR_TLS_CERT_ALTNAME_INVALID|SSL(?:_ERROR|: )?.{0,30}(?:handshake fail|wrong version|alert)|remote error: tls|key values mismatch|private key does not match|cannot load certificate/i,
  ),
  ...rows(
    'auth',
    90,
    /password authentication failed for user "?(?<subject>[\w.-]{1,80})|Access denied for user '(?<who>[\w.-]{1,80})'@|WRONGPASS|NOAUTH|invalid username-password pair|Authentication failed|AuthenticationFailed|auth(?:entication)? (?:error|failure)|no pg_hba\.conf entry|role "(?<role>[\w.-]{1,80})" does not exist|SASL authentication|ACCESS_REFUSED|Login failed for user|invalid (?:credentials|api key|token|password)|bad credentials|InvalidAccessKeyId|SignatureDoesNotMatch|invalid_client|(?:status(?: code)?:? ?|HTTP(?:\/1\.1)? )401\b|401 Unauthorized/i,
  ),
  ...rows(
    'auth',
    91,
    /LDAP: error code 49|AcceptSecurityContext error|ldap\w* .{0,60}Invalid credentials|ORA-01017|Login failed for user '(?<subject>[\w.\\-]{1,80})'|SASL authentication.{0,40}(?:fail|error)|SaslAuthenticationException|ACCESS_REFUSED|UserNotFound: Could not find user/i,
  ),
  // logged in, and not allowed what it asks for: databases, brokers and search engines
  ...rows(
    'not-granted',
    92,
    /permission denied for (?:table|schema|relation|database|sequence|function|view|tablespace|column) ?"?(?<subject>[\w.$-]{1,80})|must be owner of \w{1,20} (?<owned>[\w.]{1,80})|\b[A-Z]{3,10} command denied to user '(?<who>[\w.-]{1,80})'|\bNOPERM\b|permission was denied on (?:the )?(?:object|database) '(?<object>[\w.]{1,80})'|not authorized (?:on|for) (?<base>[\w-]{1,80}) to execute command|is unauthorized for user \[(?<user>[\w.-]{1,80})\]|has no [A-Z]{3,10} permission on|Not enough privileges/i,
    /(?:Topic|Group|Cluster|TransactionalId)AuthorizationException|Not authorized to access (?:topics?|group):? \[?(?<subject>[\w.-]{1,120})|Topic authorization failed for topics \[(?<topic>[\w.-]{1,120})|Permissions Violation for \w{3,20} to "?(?<queue>[\w.>*-]{1,120})|access to (?:vhost|queue|exchange) '(?<vhost>[^'\n]{1,120})'.{0,60} refused/i,
  ),
  ...rows('app-memory', 91, /OOM command not allowed when used memory > 'maxmemory'/),
  ...rows(
    'file-missing',
    91,
    /Service token file does not exist|unable to load in-cluster configuration/i,
    /open (?<subject>\/var\/run\/secrets\/kubernetes\.io\/serviceaccount\/\w{1,30}): no such file/,
  ),
  ...rows(
    'cloud-denied',
    89,
    /(?<subject>missing permission [\w.]{3,80}|googleapi: Error 403|AADSTS\d{4,7}|AccessDenied(?:Exception)?|is not authorized to perform: [\w:*]{3,80}|UnauthorizedOperation|AuthorizationFailed|ExpiredToken|Permission '[\w.]{3,80}' denied|does not have [\w.]{3,80} access|AssumeRoleWithWebIdentity)/,
  ),
  ...rows(
    'connection',
    86,
    `(?:server at|running on host) ["']?${HOST}["']?(?: \\([0-9a-f.:]+\\))?,? (?:port|and accepting\\s+TCP/IP connections on port) ${PORT}`,
    `(?:ECONNREFUSED|ETIMEDOUT|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EPIPE) ${HOST}:${PORT}`,
    `dial (?:tcp|unix|udp):? ${HOST}:${PORT}: .{0,60}(?:refused|timeout|timed out|no route|unreachable|reset|connection|deadline)`,
    `(?:refused|timed? ?out|timeout|unreachable|reset by peer|no route to host|unavailable|no servers available)[^\\n]{0,60}?\\(?${URL_START}${HOST}(?::${PORT})?`,
    `(?:refused|timed? ?out|timeout|unreachable|reset by peer|no route to host|unavailable)[ :(]{1,3}(?:to |at |from |host |connecting to (?:server |host )?)?["'/(]{0,2}${HOST}:${PORT}`,
    `${URL_START}${HOST}(?::${PORT})?[^\\n]{0,160}(?:refused|timed? ?out|timeout|unreachable|reset by peer|no route to host|unavailable|deadline exceeded|502 Bad|503 Service|504 Gateway)`,
    `(?:connect(?:ing|ion|ed)?|reach|dial|contact|reaching|attempt \\d+|broker|server|upstream|node|backend)(?: (?:to|at|with|attempt \\d+ to|for))?(?: [a-z]{2,20}){0,3}? ?["'/\\[(]{0,2}${HOST}:${PORT}["')\\]]{0,2}[^\\n]{0,120}(?:refused|fail|timed? ?out|timeout|unreachable|reset|no route|unavailable|could not be established|terminated|closed|broker may not be available)`,
    // "to MySQL server on 'db'": the product is no host
    `(?:Can't|Cannot|Could not|Couldn't|Unable to|Failed to) (?:connect|reach|contact|establish)[^\\n]{0,60}? (?:on|to|at|with) ["'/]?${HOST}(?![\\w.-])(?! (?:server|database|broker|cluster|instance|host)\\b)["']?(?:[: (]+${PORT})?`,
    `(?:waiting for|still waiting for) ["']?${HOST}(?::${PORT})["']?`,
    `\\(${HOST}/[\\d.]{7,15}:${PORT}\\)[^\\n]{0,80}(?:could not|refused|timed? ?out|disconnected|failed)`,
    `HTTPS?ConnectionPool\\(host='${HOST}', port=${PORT}\\)`,
    `${HOST}:${PORT}[^\\n]{0,80}(?:connection refused|refused|timed? ?out|i/o timeout|timeout|unreachable|no route to host|reset by peer|not responding|unavailable)`,
    /connection refused|connection timed out|connect(?:ion)? timeout|ECONNREFUSED|ETIMEDOUT|no route to host|network is unreachable|i\/o timeout|context deadline exceeded|connection reset by peer|upstream connect error|Communications link failure|NoBrokersAvailable|no (?:reachable servers|servers available)|ServerSelectionTimeoutError|CLUSTERDOWN/i,
  ),
  ...rows(
    'migration',
    92,
    /migrations? .{0,80}(?:fail|error|abort|dirty|conflict)|(?:fail|error).{0,60}\bmigrat(?:e|ion|ions|ing)\b|Dirty database version|Flyway\w*Exception|Liquibase\w*Exception|Validate failed: Migration|Migration checksum mismatch|relation "(?<subject>[\w.]{1,80})" (?:does not exist|already exists)|(?:Table|table) '(?<table>[\w.]{1,100})' (?:doesn't exist|already exists)|column "?(?<column>[\w.]{1,80})"? (?:of relation "\w{1,80}" )?(?:does not exist|already exists)|Unknown column|no such (?:table|column): (?<what>[\w.]{1,80})|pending migrations?|alembic\.util\.exc|schema version|undefined_table/i,
  ),
  ...rows(
    'runs-as-root',
    92,
    /"?root"? execution of the .{1,60} is not permitted|(?:must not|cannot|can not|refus\w+ to|should not|don't|not allowed to|unwilling to|can't) (?:be )?(?:run|start|execut)\w*(?: \w+){0,3} as (?:the )?root|running as root is not|must be started under an unprivileged user/i,
  ),
  ...rows(
    'data-corrupt',
    91,
    /could not locate a valid checkpoint record|database files are incompatible|data directory .{1,100} has (?:wrong ownership|invalid permissions|group or world access)|(?:is|are|was|index|file|database|segment|page|log|journal|data) corrupt(?:ed|ion)?|corrupt(?:ed|ion)? (?:index|file|database|segment|page|log|journal|data|block|record)|checksum (?:mismatch|verification failed|failure)|invalid (?:page|magic number|checksum)|initialized by PostgreSQL version (?<subject>[\d.]{1,10})|Unsupported (?:InnoDB )?(?:redo log|upgrade)|not compatible with this version|bad magic|Bad file format reading the append only file|Unrecoverable error reading|UPGRADE PROBLEM|featureCompatibilityVersion|Invalid MySQL server upgrade/i,
  ),
  ...rows(
    'port-privileged',
    92,
    /bind\(?\)?.{0,60}:(?<port>\d{1,4})\b.{0,40}(?:permission denied|EACCES|13: Permission)|listen tcp .{0,60}:(?<port2>\d{1,4}): bind: permission denied|listen EACCES[^\n]{0,60}:(?<port3>\d{1,4})|(?:make_sock|could not bind).{0,80}permission denied/i,
    // a path would be a socket file
    /\b(?:bind|listen)\w{0,4}\b(?! mount)[^\n/]{0,80}(?:Permission ?Denied|EACCES)/i,
  ),
  ...rows(
    'port-in-use',
    91,
    /:(?<port2>\d{2,5})\b[^\n]{0,30}(?:address already in use|EADDRINUSE)|(?:address already in use|EADDRINUSE)[^\n]{0,30}:(?<port3>\d{2,5})\b/i,
    /address already in use|EADDRINUSE|port (?<port>\d{1,5}) (?:is |was )?(?:already )?(?:in use|allocated|taken)|Only one usage of each socket address/i,
  ),
  ...rows(
    'read-only',
    91,
    /["'`: (](?<subject>\/[\w./@+-]{1,200})["'`)]?[^\n]{0,40}(?:read-only file ?system|EROFS)|(?:read-only file ?system|EROFS)[^\n]{0,40}?["'` :(](?<path>\/[\w./@+-]{1,200})/i,
    /read-only file ?system|EROFS/i,
  ),
  ...rows(
    'exec-format',
    96,
    /exec format error|cannot execute(?: binary file)?: (?:required file not found|exec format)|wrong ELF class|rosetta error|image'?s? platform .{0,60}does not match/i,
  ),
  ...rows(
    'command-missing',
    90,
    /(?:^|[:\s])(?:\/bin\/)?(?:ba|da|a|z)?sh: (?:(?:line )?\d{1,5}: )?(?<subject>[\w./-]{1,100}): (?:command )?not found/,
    /exec:? "(?<subject>[^"\n]{1,120})":? (?:executable file not found|stat .{1,120}no such file)/,
    /(?:env|nohup|tini|dumb-init|docker-entrypoint\.sh|entrypoint\.sh)\b.{0,60}[:‘' ](?<subject>[\w./-]{1,100})[’']?: (?:No such file or directory|not found|command not found)/i,
    /(?<![\w./-])(?<subject>[\w./-]{1,100}): command not found/,
    /spawn (?<subject>[\w./-]{1,100}) ENOENT/,
    /unable to locate executable "?(?<subject>[\w./-]{1,100})/i,
  ),
  ...rows(
    'module-missing',
    90,
    /Cannot find (?:module|package) '(?<subject>[^'\n]{1,200})'|Could not load file or assembly '(?<assembly>[^',\n]{1,160})|Can't locate (?<perl>[\w/]{1,120}\.pm) in @INC|Class "(?<php>[\w\\]{1,160})" not found|ModuleNotFoundError: No module named '(?<module>[^'\n]{1,100})'|ImportError: (?<import>.{1,120})|ClassNotFoundException: (?<class>[\w.$]{1,160})|NoClassDefFoundError: (?<noclass>[\w./$]{1,160})|Could not find or load main class (?<main>[\w.$]{1,160})|cannot load such file -- (?<ruby>[\w./-]{1,120})|error while loading shared libraries: (?<lib>[\w.+-]{1,100})|Unable to access jarfile (?<jar>[\w./-]{1,160})|version `(?<glibc>GLIBC[\w.]{1,20})' not found/,
  ),
  ...rows('cpu-feature', 90, /illegal instruction|requires (?:a CPU with )?AVX|CPU does not support|x86-64-v[234]/i),
  ...rows(
    'flag',
    90,
    /(?:unknown|unrecognized|invalid|undefined|unsupported) (?:command-?line )?(?:flag|option|argument|arguments|switch|parameter|subcommand|command|shorthand flag)s?:? ?["'`(]{0,2}(?<subject>[^\s"'`)]{1,80})|flag provided but not defined: (?<flag>-{1,2}[\w.-]{1,60})|unexpected argument '(?<argument>[^'\n]{1,80})' found|no such option:? (?<option>-{0,2}[\w-]{1,60})|illegal option -- (?<letter>\w)|bad option: (?<bad>-{1,2}[\w-]{1,60})|unrecognized arguments: (?<unrecognized>\S{1,80})|error: unknown option '(?<unknown>[^'\n]{1,80})'|Unrecognized (?:VM )?option:? '?(?<vm>[^'\s]{1,80})/i,
  ),
  ...rows(
    'app-memory',
    92,
    /java\.lang\.OutOfMemoryError(?:: (?<subject>[\w ]{1,60}))?|JavaScript heap out of memory|Reached heap limit|runtime: out of memory|std::bad_alloc|\bMemoryError\b|Cannot allocate memory|ENOMEM|Allocation failed|Allowed memory size of (?<bytes>\d{3,15}) bytes exhausted|memory allocation of \d+ bytes failed|OOM command not allowed|GC overhead limit exceeded/i,
  ),
  ...rows(
    'locked',
    88,
    /(?:lock file|lockfile|\.lock|\.pid).{0,100}(?:exists|held|locked|already)|could not (?:obtain|acquire) (?:the )?lock|already (?:locked|running|in use) by|(?:unable|failed) to (?:obtain|acquire|lock|get)[^\n]{0,40} lock|database is locked|resource temporarily unavailable|failed to obtain node lock|Another (?:instance|process)[^\n]{0,60}(?:running|using|is already)|Changelog lock|state lock/i,
  ),
  ...rows(
    'rate-limited',
    85,
    /429 Too Many Requests|rate limit(?:ed)? (?:exceeded|reached)|too many requests|toomanyrequests|throttl(?:ed|ing)(?:Exception)?|quota exceeded/i,
  ),
  ...rows(
    'license',
    88,
    /licen[sc]e (?:key )?(?:has |is )?(?:expired|invalid|missing|not found|not valid|required)|(?:no|invalid|expired|missing) licen[sc]e/i,
  ),
  ...rows(
    'config',
    89,
    // what it does not know, by name: more than "failed to load" after it
    /(?:unknown|unexpected|unrecogni[sz]ed|unsupported|invalid|duplicate|illegal|misspelled) (?:config(?:uration)? )?(?:entry|directive|key|field|setting|property|attribute|keyword|section|item|type|processor|exporter|receiver|plugin|module|driver|provider|backend|mode)(?: name)?:? ["'`](?<subject>[^"'`\n]{2,80})/i,
    /(?:config(?:uration)?|settings?|propert(?:y|ies)|value|option|parameter|key|field|directive|url|uri|dsn|yaml|toml|json|xml|ini|file|syntax|schema|argument|cron|expression|regex)\b.{0,120}(?:invalid|malformed|parse error|parsing|unparsable|not a valid|cannot parse|can't parse|could not parse|failed to parse|unable to parse|unknown|unexpected|unrecognized|unsupported|illegal|bad|out of range|must be|validation|syntax error|does not match|mapping values are not allowed|did not find expected|cannot unmarshal|not allowed here|is duplicate|error)/i,
    /(?:invalid|malformed|bad|illegal|unparsable|unsupported|unexpected|unknown|incorrect|failed to (?:parse|load|read|decode|unmarshal|deserialize)|cannot (?:parse|unmarshal|decode)|could not (?:parse|load|read|decode)|unable to (?:parse|load|read|decode)|error (?:parsing|loading|reading|decoding|in|unmarshall?ing)|parse error|parsing error|syntax error)\b.{0,100}(?:config|setting|propert|value|option|parameter|key|field|directive|url|uri|dsn|yaml|toml|json|xml|ini|\.conf|duration|integer|number|boolean|port|digit|character|token|log level|cron|expression|(?<!memory )address|format|type|enum)/i,
    /yaml: (?:line \d+|unmarshal|mapping|did not)|\[emerg\]|error converting YAML|json: cannot unmarshal|Unexpected token .{1,40} in JSON|JSONDecodeError|toml: |relative URL without a base|missing (?:protocol|scheme|url)|unsupported protocol scheme|invalid literal for|NumberFormatException: For input string: "(?<subject>[^"\n]{1,80})"|strconv\.\w{3,20}: parsing "(?<parsed>[^"\n]{0,80})"|ParseIntError|invalid digit found in string|InvalidFormat|cannot deserialize|time: invalid duration|ERR_INVALID_URL|Invalid URL|ZoneInfoNotFound|unknown time zone/i,
  ),
  ...rows(
    'config',
    90,
    /Failed to configure a DataSource: '(?<subject>[\w.]{1,60})'|PRECONDITION_FAILED|UNKNOWN_TOPIC_OR_PARTITION|Topic (?<topic>[\w.-]{1,120}) not present in metadata/,
  ),
  // what frameworks wrap around the reason of any failure
  ...rows(
    'config',
    78,
    /InvalidConfigurationException|ConfigurationError|ConfigError|ImproperlyConfigured|BeanCreationException/,
  ),
  ...rows(
    'file-missing',
    87,
    /(?:open|stat|read|lstat|access|load|exec|fork\/exec|cannot (?:open|access|stat|load|find)|can't open|Unable to (?:open|read|load|find)|Could not (?:open|read|load|find)|Failed to (?:open|read|load))[^\n]{0,40}? ["'`]?(?<subject>\/[\w./@+-]{1,200})["'`]?[^\n]{0,60}(?:no such file|not found|does not exist|ENOENT)/i,
    /(?:ENOENT|No such file or directory)[^\n]{0,60}?["'` :(](?<subject>\/[\w./@+-]{1,200})/i,
    /["'`: ](?<subject>\/[\w./@+-]{1,200})["'`]?: is a directory|(?:EISDIR|IsADirectoryError|is a directory)[^\n]{0,60}?["'`: ](?<path>\/[\w./@+-]{1,200})/i,
    /FileNotFoundError|FileNotFoundException:? ?(?<subject>\/?[\w./@+-]{1,200})?|(?<![\w./@+-])(?<file>\/[\w./@+-]{1,200})["'`]?:? (?:no such file or directory|does not exist|not found|is missing|file not found)/i,
    /no such file or directory/i,
  ),
  ...rows(
    'permission',
    86,
    /(?:["'`: (])(?<subject>\/[\w./@+-]{1,200})["'`)]?[^\n]{0,40}(?:permission denied|operation not permitted|EACCES|EPERM|not writable|access denied)/i,
    /(?:permission denied|EACCES|EPERM|operation not permitted|AccessDeniedException|not writable)[^\n]{0,40}?["'` :(](?<subject>\/[\w./@+-]{1,200})/i,
    /permission denied|\bEACCES\b|\bEPERM\b|operation not permitted/i,
  ),
]
