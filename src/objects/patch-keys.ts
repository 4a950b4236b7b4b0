// How lists and maps of the built-in kinds are merged, as data: by which key a strategic merge patch and server-side apply pair the elements
// of a list (patchMergeKey, x-kubernetes-list-map-keys), and which maps are owned as a whole (x-kubernetes-map-type: atomic).
export interface ListRule {
  /** key of a strategic merge patch; absent: the list is replaced */
  patch?: string
  /** keys of server-side apply; absent: the list is owned as a whole */
  keys?: string[]
  /** key fields that the API fills in */
  defaults?: Record<string, unknown>
  /** a list of unlike scalars, merged by value */
  set?: boolean
}

interface Row extends ListRule {
  /** only below this field; absent: anywhere */
  under?: string[]
}

const named: Row = { patch: 'name', keys: ['name'] }
const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers']

const LISTS: Record<string, Row[]> = {
  containers: [named],
  initContainers: [named],
  ephemeralContainers: [named],
  env: [named],
  ports: [
    { under: CONTAINERS, patch: 'containerPort', keys: ['containerPort', 'protocol'], defaults: { protocol: 'TCP' } },
    { under: ['spec'], patch: 'port', keys: ['port', 'protocol'], defaults: { protocol: 'TCP' } },
  ],
  volumeMounts: [{ patch: 'mountPath', keys: ['mountPath'] }],
  volumeDevices: [{ patch: 'devicePath', keys: ['devicePath'] }],
  volumes: [named],
  imagePullSecrets: [named],
  secrets: [named],
  resourceClaims: [named],
  schedulingGates: [named],
  hostAliases: [{ patch: 'ip', keys: ['ip'] }],
  podIPs: [{ patch: 'ip', keys: ['ip'] }],
  hostIPs: [{ patch: 'ip', keys: ['ip'] }],
  topologySpreadConstraints: [{ patch: 'topologyKey', keys: ['topologyKey', 'whenUnsatisfiable'] }],
  conditions: [{ patch: 'type', keys: ['type'], under: ['status'] }],
  addresses: [{ patch: 'type', keys: ['type'], under: ['status'] }],
  ownerReferences: [{ patch: 'uid', keys: ['uid'] }],
  finalizers: [{ set: true }],
  webhooks: [named],
  validations: [{}],
}

const ATOMIC_MAPS = new Set([
  'selector',
  'nodeSelector',
  'labelSelector',
  'namespaceSelector',
  'podSelector',
  'objectSelector',
  'configMapKeyRef',
  'secretKeyRef',
  'configMapRef',
  'secretRef',
  'fieldRef',
  'resourceFieldRef',
  'roleRef',
  'involvedObject',
  'regarding',
  'related',
  'claimRef',
  'targetRef',
  'dataSource',
  'ownerReferences',
])

/** `path` names the fields down to the list, without indices: ["spec", "template", "spec", "containers"]. */
export function builtInListRule(path: readonly string[]): ListRule {
  const field = path.at(-1) ?? ''
  const above = path.at(-2) ?? ''
  const rows = Object.hasOwn(LISTS, field) ? (LISTS[field] ?? []) : []
  return rows.find((row) => !row.under || row.under.includes(above)) ?? {}
}

export function builtInMapIsAtomic(path: readonly string[]): boolean {
  return ATOMIC_MAPS.has(path.at(-1) ?? '')
}

// what the API's types hold by value: it is there before anybody writes it
const IMPLICIT = new Set([
  'metadata',
  'spec',
  'status',
  'template',
  'strategy',
  'updateStrategy',
  'jobTemplate',
  'containers',
  'podSelector',
  'scaleTargetRef',
])

export function builtInIsImplicit(path: readonly string[]): boolean {
  const field = path.at(-1)
  if (field === undefined || IMPLICIT.has(field)) return true
  // a claim's; a container's is new with its container
  return field === 'resources' && path.at(-2) === 'spec'
}
