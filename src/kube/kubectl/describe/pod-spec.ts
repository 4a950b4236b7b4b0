// The part that pods and pod templates have in common: containers, probes, environment, volumes.
import { ageText } from '../../../objects/age.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { cell } from '../print.ts'
import type { Fact } from './describer.ts'
import { factLines, listOf, mapText, optional } from './lines.ts'

type Spec = KubeObject['spec']

export function containerSections(spec: Spec, status: KubeObject['status'], now: Date): string[][] {
  const groups: [string, unknown, unknown][] = [
    ['Init Containers', spec?.initContainers, status?.initContainerStatuses],
    ['Containers', spec?.containers, status?.containerStatuses],
    ['Ephemeral Containers', spec?.ephemeralContainers, status?.ephemeralContainerStatuses],
  ]
  return groups.flatMap(([heading, containers, statuses]) => {
    const list = listOf(containers)
    if (list.length === 0) return []
    const lines = list.flatMap((container) => {
      const own = listOf(statuses).find((item) => item.name === container.name)
      return [
        `  ${cell(container.name)}:`,
        ...factLines([...containerFacts(container), ...statusFacts(own, now)]).map((line) => `    ${line}`),
      ]
    })
    return [[`${heading}:`, ...lines]]
  })
}

function containerFacts(container: Spec): Fact[] {
  return [
    ['Image', optional(container.image)],
    [
      'Ports',
      listOf(container.ports).map(
        (port) =>
          `${port.name ? `${cell(port.name)} ` : ''}${cell(port.containerPort)}/${cell(port.protocol ?? 'TCP')}`,
      ),
    ],
    ['Command', container.command ? listOf(container.command).map(cell).join(' ') : undefined],
    ['Args', container.args ? listOf(container.args).map(cell).join(' ') : undefined],
    ['Requests', mapText(container.resources?.requests)],
    ['Limits', mapText(container.resources?.limits)],
    ['Liveness', probeText(container.livenessProbe)],
    ['Readiness', probeText(container.readinessProbe)],
    ['Startup', probeText(container.startupProbe)],
    ['Env From', listOf(container.envFrom).map(envFromText)],
    ['Env', listOf(container.env).map(envText)],
    [
      'Mounts',
      listOf(container.volumeMounts).map(
        (mount) => `${cell(mount.mountPath)} from ${cell(mount.name)} (${mount.readOnly ? 'ro' : 'rw'})`,
      ),
    ],
  ]
}

function statusFacts(status: Spec, now: Date): Fact[] {
  if (!status) return []
  return [
    ['State', stateText(status.state, now)],
    [
      'Last State',
      status.lastState && Object.keys(status.lastState as object).length > 0
        ? stateText(status.lastState, now)
        : undefined,
    ],
    ['Ready', optional(status.ready)],
    ['Restarts', optional(status.restartCount)],
  ]
}

function stateText(state: Spec, now: Date): string {
  if (state?.running) return `Running since ${ageText(state.running.startedAt, now)}`
  if (state?.waiting)
    return `Waiting: ${[state.waiting.reason, state.waiting.message].filter(Boolean).map(cell).join(': ') || 'no reason given'}`
  const ended = state?.terminated
  if (!ended) return 'Waiting'
  const parts = [
    `Terminated: ${cell(ended.reason ?? 'no reason given')}, exit code ${cell(ended.exitCode)}`,
    ended.signal ? `signal ${cell(ended.signal)}` : '',
    ended.message ? cell(ended.message) : '',
    ended.finishedAt ? `${ageText(ended.finishedAt, now)} ago` : '',
  ]
  return parts.filter(Boolean).join(', ')
}

function probeText(probe: Spec): string | undefined {
  if (!probe) return undefined
  const { httpGet, tcpSocket, exec, grpc } = probe
  const how = httpGet
    ? `http-get ${cell(httpGet.scheme ?? 'HTTP').toLowerCase()}://:${cell(httpGet.port)}${cell(httpGet.path ?? '/')}`
    : tcpSocket
      ? `tcp-socket :${cell(tcpSocket.port)}`
      : exec
        ? `exec [${listOf(exec.command).map(cell).join(' ')}]`
        : grpc
          ? `grpc :${cell(grpc.port)} ${cell(grpc.service ?? '')}`
          : 'unknown'
  const {
    initialDelaySeconds = 0,
    timeoutSeconds = 1,
    periodSeconds = 10,
    successThreshold = 1,
    failureThreshold = 3,
  } = probe
  return `${how} delay=${initialDelaySeconds}s timeout=${timeoutSeconds}s period=${periodSeconds}s #success=${successThreshold} #failure=${failureThreshold}`
}

function envText(variable: Spec): string {
  const name = cell(variable.name)
  const from = variable.valueFrom
  if (!from) return `${name}=${variable.value === undefined ? '' : cell(variable.value)}`
  const key = from.secretKeyRef ?? from.configMapKeyRef
  if (key) {
    const kind = from.secretKeyRef ? 'Secret' : 'ConfigMap'
    return `${name} from key ${cell(key.key)} of ${kind} ${cell(key.name)}${key.optional ? ' (optional)' : ''}`
  }
  if (from.fieldRef) return `${name} from field ${cell(from.fieldRef.fieldPath)}`
  if (from.resourceFieldRef) return `${name} from resource ${cell(from.resourceFieldRef.resource)}`
  return `${name} from another source`
}

function envFromText(source: Spec): string {
  const [kind, ref] = source.secretRef ? ['Secret', source.secretRef] : ['ConfigMap', source.configMapRef]
  return `all keys of ${kind} ${cell(ref?.name)}${ref?.optional ? ' (optional)' : ''}${source.prefix ? ` with prefix ${cell(source.prefix)}` : ''}`
}

function volumeLines(spec: Spec): string[] {
  return listOf(spec?.volumes).map((volume) => {
    const { name, ...sources } = volume as Record<string, unknown>
    const [type = 'emptyDir'] = Object.keys(sources)
    return `${cell(name)}: ${volumeText(type, sources[type] as Spec)}`
  })
}

function volumeText(type: string, source: Spec): string {
  if (type === 'persistentVolumeClaim')
    return `claim ${cell(source?.claimName)}${source?.readOnly ? ' (read only)' : ''}`
  if (type === 'configMap') return `ConfigMap ${cell(source?.name)}${source?.optional ? ' (optional)' : ''}`
  if (type === 'secret') return `Secret ${cell(source?.secretName)}${source?.optional ? ' (optional)' : ''}`
  if (type === 'hostPath') return `host path ${cell(source?.path)}`
  if (type === 'projected')
    return `projected ${listOf(source?.sources)
      .flatMap((item) => Object.keys(item as object))
      .join(', ')}`
  return type
}

/** Facts of where pods may run. */
export function placementFacts(spec: Spec): Fact[] {
  return [
    ['Service Account', optional(spec?.serviceAccountName)],
    ['Priority Class', optional(spec?.priorityClassName)],
    ['Node Selector', mapText(spec?.nodeSelector)],
    ['Affinity', spec?.affinity ? cell(spec.affinity) : undefined],
    ['Tolerations', listOf(spec?.tolerations).map(tolerationText)],
    [
      'Topology Spread',
      listOf(spec?.topologySpreadConstraints).map(
        (rule) => `${cell(rule.topologyKey)} maxSkew ${cell(rule.maxSkew)} ${cell(rule.whenUnsatisfiable)}`,
      ),
    ],
    [
      'Pull Secrets',
      listOf(spec?.imagePullSecrets)
        .map((secret) => cell(secret.name))
        .join(', '),
    ],
    ['Volumes', volumeLines(spec)],
  ]
}

function tolerationText(toleration: Spec): string {
  const what = toleration.key
    ? `${cell(toleration.key)}${toleration.value ? `=${cell(toleration.value)}` : ''}`
    : 'everything'
  const effect = toleration.effect ? `:${cell(toleration.effect)}` : ''
  return `${what}${effect}${toleration.tolerationSeconds === undefined ? '' : ` for ${cell(toleration.tolerationSeconds)}s`}`
}
