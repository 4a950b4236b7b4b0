// The flags of every kubectl and helm verb as data (kubectl 1.36, helm 3.21), and their grammar (spf13/pflag).
// A word is `long`, or `s/long` with a short form, and a sign: `!` boolean, `#` integer, `~` duration, `*` may be repeated
// with every value counting, `?` the value may be left out and is then never the next word. `@name` is a group.

export type FlagType = 'boolean' | 'string' | 'integer' | 'duration' | 'list' | 'optional'
export interface FlagSpec {
  long: string
  short?: string
  type: FlagType
}
export interface FlagTable {
  long: ReadonlyMap<string, FlagSpec>
  short: ReadonlyMap<string, FlagSpec>
}

const GROUPS: Record<string, string> = {
  print: 'allow-missing-template-keys! o/output show-managed-fields! template',
  files: 'f/filename* k/kustomize R/recursive!',
  chart:
    'ca-file cert-file devel! insecure-skip-tls-verify! key-file keyring pass-credentials! password plain-http! repo username verify! version',
  values: 'f/values* set* set-file* set-json* set-literal* set-string*',
  post: 'post-renderer post-renderer-args*',
  // installing, upgrading and rendering share these
  action:
    'dependency-update! description disable-openapi-validation! dry-run? enable-dns! hide-secret! l/labels* no-hooks! render-subchart-notes! skip-crds! skip-schema-validation! take-ownership! timeout~ wait! wait-for-jobs!',
}

/** Taken by every kubectl verb. */
const KUBECTL_GLOBAL =
  'as as-group* as-uid as-user-extra* cache-dir certificate-authority client-certificate client-key cluster context disable-compression! h/help! insecure-skip-tls-verify! kubeconfig kuberc log-file log-flush-frequency~ match-server-version! n/namespace password profile profile-output request-timeout s/server tls-server-name token user username v/v# vmodule warnings-as-errors!'

const HELM_GLOBAL =
  'burst-limit# content-cache debug! h/help! kube-apiserver kube-as-group* kube-as-user kube-ca-file kube-context kube-insecure-skip-tls-verify! kube-tls-server-name kube-token kubeconfig n/namespace qps registry-config repository-cache repository-config'

const KUBECTL: Record<string, string> = {
  create: '@print @files edit! field-manager raw save-config! l/selector windows-line-endings! dry-run? validate?',
  'create clusterrole':
    '@print aggregation-rule field-manager non-resource-url* resource* resource-name* save-config! verb* dry-run? validate?',
  'create clusterrolebinding':
    '@print clusterrole field-manager group* save-config! serviceaccount* user* dry-run? validate?',
  'create configmap':
    '@print append-hash! field-manager from-env-file* from-file* from-literal* save-config! dry-run? validate?',
  'create cronjob': '@print field-manager image restart save-config! schedule dry-run? validate?',
  'create deployment': '@print field-manager image* port# r/replicas# save-config! dry-run? validate?',
  'create ingress': '@print annotation* class default-backend field-manager rule* save-config! dry-run? validate?',
  'create job': '@print field-manager from image save-config! dry-run? validate?',
  'create namespace': '@print field-manager save-config! dry-run? validate?',
  'create poddisruptionbudget':
    '@print field-manager max-unavailable min-available save-config! selector dry-run? validate?',
  'create priorityclass':
    '@print description field-manager global-default! preemption-policy save-config! value# dry-run? validate?',
  'create quota': '@print field-manager hard save-config! scopes dry-run? validate?',
  'create role': '@print field-manager resource* resource-name* save-config! verb* dry-run? validate?',
  'create rolebinding':
    '@print clusterrole field-manager group* role save-config! serviceaccount* user* dry-run? validate?',
  'create secret': '',
  'create secret docker-registry':
    '@print append-hash! docker-email docker-password docker-server docker-username field-manager from-file* save-config! dry-run? validate?',
  'create secret generic':
    '@print append-hash! field-manager from-env-file* from-file* from-literal* save-config! type dry-run? validate?',
  'create secret tls': '@print append-hash! cert field-manager key save-config! dry-run? validate?',
  'create service': '',
  'create service clusterip': '@print clusterip field-manager save-config! tcp* dry-run? validate?',
  'create service externalname': '@print external-name field-manager save-config! tcp* dry-run? validate?',
  'create service loadbalancer': '@print field-manager save-config! tcp* dry-run? validate?',
  'create service nodeport': '@print field-manager node-port# save-config! tcp* dry-run? validate?',
  'create serviceaccount': '@print field-manager save-config! dry-run? validate?',
  'create token': '@print audience* bound-object-kind bound-object-name bound-object-uid duration~',
  expose:
    '@print @files cluster-ip external-ip field-manager l/labels load-balancer-ip name override-type overrides port protocol save-config! selector session-affinity target-port type record! dry-run?',
  run: '@print @files annotations* attach! command! env* expose! field-manager force! grace-period# image image-pull-policy l/labels leave-stdin-open! override-type overrides pod-running-timeout~ port privileged! q/quiet! restart rm! save-config! i/stdin! timeout~ t/tty! wait! record! dry-run? cascade?',
  set: '',
  'set env':
    '@print @files all! c/containers e/env* field-manager from keys* list! local! overwrite! prefix resolve! l/selector dry-run?',
  'set image': '@print @files all! field-manager local! l/selector record! dry-run?',
  'set resources': '@print @files all! c/containers field-manager limits local! requests l/selector record! dry-run?',
  'set selector': '@print all! field-manager f/filename* local! R/recursive! resource-version record! dry-run?',
  'set serviceaccount': '@print @files all! field-manager local! record! dry-run?',
  'set subject': '@print @files all! field-manager group* local! l/selector serviceaccount* user* dry-run?',
  explain: 'api-version o/output recursive!',
  get: '@print @files A/all-namespaces! chunk-size# field-selector ignore-not-found! L/label-columns* no-headers! output-watch-events! raw l/selector server-print! show-kind! show-labels! sort-by subresource w/watch! watch-only!',
  edit: '@print @files field-manager output-patch! save-config! subresource windows-line-endings! record! validate?',
  delete:
    '@files all! A/all-namespaces! field-selector force! grace-period# ignore-not-found! i/interactive! now! o/output raw l/selector timeout~ wait! dry-run? cascade?',
  rollout: '',
  'rollout history': '@print @files revision# l/selector',
  'rollout pause': '@print @files field-manager l/selector',
  'rollout restart': '@print @files field-manager l/selector',
  'rollout resume': '@print @files field-manager l/selector',
  'rollout status': '@files revision# l/selector timeout~ w/watch!',
  'rollout undo': '@print @files l/selector to-revision# dry-run?',
  scale: '@print @files all! current-replicas# replicas# resource-version l/selector timeout~ record! dry-run?',
  autoscale: '@print @files cpu-percent# field-manager max# min# name save-config! record! cpu memory dry-run?',
  certificate: '',
  'certificate approve': '@print @files force!',
  'certificate deny': '@print @files force!',
  'cluster-info': '',
  'cluster-info dump': '@print A/all-namespaces! namespaces* output-directory pod-running-timeout~',
  top: '',
  'top node': 'no-headers! l/selector show-capacity! sort-by use-protocol-buffers! show-swap!',
  'top pod':
    'A/all-namespaces! containers! field-selector no-headers! l/selector sort-by sum! use-protocol-buffers! show-swap!',
  cordon: 'l/selector dry-run?',
  uncordon: 'l/selector dry-run?',
  drain:
    'chunk-size# delete-emptydir-data! disable-eviction! force! grace-period# ignore-daemonsets! pod-selector l/selector skip-wait-for-delete-timeout# timeout~ dry-run?',
  taint: '@print all! field-manager overwrite! l/selector dry-run? validate?',
  describe: '@files A/all-namespaces! chunk-size# l/selector show-events!',
  logs: 'all-containers! all-pods! c/container f/follow! ignore-errors! insecure-skip-tls-verify-backend! limit-bytes# max-log-requests# pod-running-timeout~ prefix! p/previous! l/selector since~ since-time tail# timestamps!',
  attach: 'c/container pod-running-timeout~ q/quiet! i/stdin! t/tty!',
  exec: 'c/container f/filename* pod-running-timeout~ q/quiet! i/stdin! t/tty!',
  'port-forward': 'address pod-running-timeout~',
  proxy:
    'accept-hosts accept-paths address api-prefix append-server-path! disable-filter! keepalive~ p/port# reject-methods reject-paths u/unix-socket w/www P/www-prefix',
  cp: 'c/container no-preserve! retries#',
  auth: '',
  'auth can-i': 'A/all-namespaces! list! no-headers! q/quiet! subresource',
  'auth reconcile': '@print @files remove-extra-permissions! remove-extra-subjects! dry-run?',
  'auth whoami': '@print',
  debug:
    'arguments-only! attach! c/container copy-to custom env* f/filename* image image-pull-policy keep-annotations! keep-init-containers! keep-labels! keep-liveness! keep-readiness! keep-startup! profile q/quiet! replace! same-node! set-image* share-processes! i/stdin! target t/tty!',
  events: '@print A/all-namespaces! chunk-size# for no-headers! types* w/watch!',
  diff: '@files concurrency# field-manager force-conflicts! prune! prune-allowlist* l/selector server-side! show-managed-fields! show-secrets!',
  apply:
    '@print @files all! field-manager force! force-conflicts! grace-period# openapi-patch! overwrite! prune! prune-allowlist* l/selector server-side! subresource timeout~ wait! record! dry-run? validate? cascade?',
  'apply edit-last-applied': '@print @files field-manager windows-line-endings! validate?',
  'apply set-last-applied': '@print create-annotation! f/filename* dry-run?',
  'apply view-last-applied': '@files all! o/output l/selector',
  patch: '@print @files field-manager local! p/patch patch-file subresource type record! dry-run?',
  replace:
    '@print @files field-manager force! grace-period# raw save-config! subresource timeout~ wait! record! dry-run? validate? cascade?',
  wait: '@print all! A/all-namespaces! field-selector f/filename* for local! R/recursive! l/selector timeout~',
  kustomize:
    'as-current-user! enable-alpha-plugins! enable-helm! e/env* helm-api-versions* helm-command helm-debug! helm-kube-version load-restrictor mount* network! network-name o/output',
  label:
    '@print @files all! A/all-namespaces! field-manager field-selector list! local! overwrite! resource-version l/selector record! dry-run?',
  annotate:
    '@print @files all! A/all-namespaces! field-manager field-selector list! local! overwrite! resource-version l/selector record! dry-run?',
  completion: '',
  'api-resources': 'api-group cached! categories* namespaced! no-headers! o/output sort-by verbs*',
  'api-versions': '',
  config: '',
  'config current-context': '',
  'config delete-cluster': '',
  'config delete-context': '',
  'config delete-user': '',
  'config get-clusters': '',
  'config get-contexts': 'no-headers! o/output',
  'config get-users': '',
  'config rename-context': '',
  'config set': 'set-raw-bytes!',
  'config set-cluster': 'certificate-authority embed-certs! insecure-skip-tls-verify! proxy-url server tls-server-name',
  'config set-context': 'cluster current! namespace user',
  'config set-credentials':
    'auth-provider auth-provider-arg* client-certificate client-key embed-certs! exec-api-version exec-arg* exec-command exec-env* exec-interactive-mode exec-provide-cluster-info! password token username',
  'config unset': '',
  'config use-context': '',
  'config view': '@print flatten! merge! minify! raw!',
  plugin: '',
  'plugin list': 'name-only!',
  version: 'client! o/output',
}

const HELM: Record<string, string> = {
  install:
    '@chart @values @post @action atomic! create-namespace! force! g/generate-name! name-template o/output replace!',
  upgrade:
    '@chart @values @post @action atomic! cleanup-on-fail! create-namespace! force! history-max# i/install! o/output reset-then-reuse-values! reset-values! reuse-values!',
  template:
    '@chart @values @post @action a/api-versions* atomic! create-namespace! force! g/generate-name! include-crds! is-upgrade! kube-version name-template output-dir release-name! replace! s/show-only* skip-tests! validate!',
  rollback: 'cleanup-on-fail! dry-run! force! history-max# no-hooks! recreate-pods! timeout~ wait! wait-for-jobs!',
  uninstall: 'cascade description dry-run! ignore-not-found! keep-history! no-hooks! timeout~ wait!',
  list: 'a/all! A/all-namespaces! d/date! deployed! failed! f/filter m/max# no-headers! offset# o/output pending! r/reverse! l/selector q/short! superseded! time-format uninstalled! uninstalling!',
  status: 'o/output revision# show-desc! show-resources!',
  history: 'max# o/output',
  'get all': 'revision# template',
  'get hooks': 'revision#',
  'get manifest': 'revision#',
  'get metadata': 'o/output revision#',
  'get notes': 'revision#',
  'get values': 'a/all! o/output revision#',
  'show all': '@chart',
  'show chart': '@chart',
  'show crds': '@chart',
  'show readme': '@chart',
  'show values': '@chart jsonpath',
  lint: '@values kube-version quiet! skip-schema-validation! strict! with-subcharts!',
  test: 'filter* hide-notes! logs! timeout~',
  version: 'c/client! short! template',
  env: '',
  create: 'p/starter',
  package:
    'app-version d/destination u/dependency-update! key keyring passphrase-file sign! version ca-file cert-file key-file insecure-skip-tls-verify! plain-http! password username',
  pull: '@chart d/destination prov! untar! untardir',
  push: 'ca-file cert-file insecure-skip-tls-verify! key-file plain-http! password username',
  verify: 'keyring',
  completion: '',
  'dependency build': 'keyring skip-refresh! verify!',
  'dependency list': 'max-col-width#',
  'dependency update': 'keyring skip-refresh! verify!',
  'plugin install': 'version',
  'plugin list': '',
  'plugin uninstall': '',
  'plugin update': '',
  'registry login': 'ca-file cert-file insecure! key-file p/password password-stdin! plain-http! u/username',
  'registry logout': '',
  'repo add':
    'allow-deprecated-repos! ca-file cert-file force-update! insecure-skip-tls-verify! key-file no-update! pass-credentials! password password-stdin! timeout~ username',
  'repo index': 'json! merge url',
  'repo list': 'o/output',
  'repo remove': '',
  'repo update': 'fail-on-repo-update-fail! timeout~',
  'search hub': 'endpoint fail-on-no-result! list-repo-url! max-col-width# o/output',
  'search repo': 'devel! fail-on-no-result! max-col-width# o/output r/regexp! version l/versions!',
}

// other spellings of verbs and subverbs, by program
const ALIASES: Record<string, Record<string, string>> = {
  kubectl: {
    'create cm': 'create configmap',
    'create cj': 'create cronjob',
    'create deploy': 'create deployment',
    'create ing': 'create ingress',
    'create ns': 'create namespace',
    'create pdb': 'create poddisruptionbudget',
    'create pc': 'create priorityclass',
    'create resourcequota': 'create quota',
    'create svc': 'create service',
    'create sa': 'create serviceaccount',
    'config use': 'config use-context',
    'set sa': 'set serviceaccount',
    'top pods': 'top pod',
    'top po': 'top pod',
    'top nodes': 'top node',
    'top no': 'top node',
  },
  helm: {
    ls: 'list',
    un: 'uninstall',
    del: 'uninstall',
    delete: 'uninstall',
    hist: 'history',
    inspect: 'show',
    fetch: 'pull',
    dep: 'dependency',
    dependencies: 'dependency',
    'dependency ls': 'dependency list',
    'dependency up': 'dependency update',
    'plugin add': 'plugin install',
    'plugin ls': 'plugin list',
    'plugin rm': 'plugin uninstall',
    'plugin remove': 'plugin uninstall',
    'plugin up': 'plugin update',
    'repo ls': 'repo list',
    'repo rm': 'repo remove',
    'repo up': 'repo update',
    'show value': 'show values',
    'show chart-yaml': 'show chart',
  },
}

const TYPES: Record<string, FlagType> = {
  '!': 'boolean',
  '#': 'integer',
  '~': 'duration',
  '*': 'list',
  '?': 'optional',
}

function compile(line: string, globals: string): FlagTable {
  const long = new Map<string, FlagSpec>()
  const short = new Map<string, FlagSpec>()
  const add = (word: string): void => {
    if (word.startsWith('@')) {
      for (const inner of (GROUPS[word.slice(1)] ?? '').split(' ')) add(inner)
      return
    }
    const sign = TYPES[word.at(-1) ?? '']
    const name = sign ? word.slice(0, -1) : word
    const slash = name.indexOf('/')
    const spec: FlagSpec = { long: name.slice(slash + 1), type: sign ?? 'string' }
    if (slash > 0) spec.short = name.slice(0, slash)
    long.set(spec.long, spec)
    if (spec.short) short.set(spec.short, spec)
  }
  // a verb's own flag wins over a global one of the same short form
  for (const word of `${globals} ${line}`.split(' ')) if (word) add(word)
  return { long, short }
}

const LINES: Record<string, Record<string, string>> = { kubectl: KUBECTL, helm: HELM }
const GLOBALS: Record<string, string> = { kubectl: KUBECTL_GLOBAL, helm: HELM_GLOBAL }
const compiled = new Map<string, FlagTable>()

/** The flags that a verb takes, global ones included; undefined for a verb that is not in the table. `''` gives the global ones. */
export function flagsOf(program: string, verb: string): FlagTable | undefined {
  const key = `${program} ${verb}`
  const known = compiled.get(key)
  if (known) return known
  const lines = LINES[program]
  if (!lines || (verb !== '' && !Object.hasOwn(lines, verb))) return undefined
  const table = compile(verb === '' ? '' : (lines[verb] ?? ''), GLOBALS[program] ?? '')
  compiled.set(key, table)
  return table
}

/** The one spelling of a verb, or of verb and subverb: `create ns` → `create namespace`. */
export function canonicalVerb(program: string, verb: string): string {
  const aliases = ALIASES[program]
  return aliases && Object.hasOwn(aliases, verb) ? (aliases[verb] ?? verb) : verb
}

const subverbs = new Map<string, readonly string[]>()

/** The subverbs of a verb (`rollout` → restart, undo, …); empty for a verb without any. */
export function subverbsOf(program: string, verb: string): readonly string[] {
  const key = `${program} ${verb}`
  const known = subverbs.get(key)
  if (known) return known
  const prefix = `${verb} `
  const lines = Object.keys(LINES[program] ?? {}).filter((line) => line.startsWith(prefix))
  // foreign words must not fill the memory
  if (lines.length === 0) return []
  const found = [...new Set(lines.map((line) => line.slice(prefix.length).split(' ')[0] ?? ''))]
  subverbs.set(key, found)
  return found
}
