// `kubectl create …`, `run` and `expose` → the manifests that kubectl itself would send, for the forms whose every field is on the line.
import type { Action } from '../core/action.ts'
import { NotFoundError, UsageError } from '../core/errors.ts'
import { parseGoInt } from '../kube/kubectl/grammar-args.ts'
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { operandsOf, splitPair } from '../kube/kubectl/grammar-operands.ts'
import { kindByName } from '../objects/kinds.ts'
import type { Lookup } from './action.ts'

type Compile = (command: Command, lookup: Lookup) => Promise<Action[]>
type Manifest = Record<string, unknown>

interface Form {
  compile: Compile
  flags: string
}

const FORMS: Record<string, Form> = {
  'create configmap': { compile: made(configMap), flags: 'from-literal' },
  'create namespace': { compile: made((command) => object(command, 'v1', 'Namespace', {})), flags: '' },
  'create serviceaccount': { compile: made((command) => object(command, 'v1', 'ServiceAccount', {})), flags: '' },
  'create deployment': { compile: made(deployment), flags: 'image port replicas' },
  'create job': { compile: job, flags: 'image from' },
  'create cronjob': { compile: made(cronJob), flags: 'image schedule restart' },
  'create quota': { compile: made(quota), flags: 'hard' },
  'create poddisruptionbudget': { compile: made(budget), flags: 'selector min-available max-unavailable' },
  run: { compile: made(pod), flags: 'image restart labels env port command' },
  expose: { compile: expose, flags: 'port target-port name protocol type' },
}

export function createActions(path: string): Form | undefined {
  return Object.hasOwn(FORMS, path) ? FORMS[path] : undefined
}

function made(manifest: (command: Command) => Manifest): Compile {
  return async (command) => [{ verb: 'create', manifest: manifest(command) }]
}

function object(
  command: Command,
  apiVersion: string,
  kind: string,
  rest: Manifest,
  labels?: Record<string, string>,
): Manifest {
  const name = command.args[0]
  if (name === undefined) throw new UsageError(`a name for the ${kind} is missing`)
  const namespace = kind === 'Namespace' ? {} : { namespace: command.namespace ?? 'default' }
  return { apiVersion, kind, metadata: { name, ...namespace, ...(labels ? { labels } : {}) }, ...rest }
}

function last(command: Command, flag: string): string | undefined {
  return command.flags.get(flag)?.at(-1)
}

function image(command: Command): string {
  const images = (command.flags.get('image') ?? []).flatMap((text) => text.split(','))
  if (images.length !== 1 || !images[0]) throw new UsageError('one --image is needed')
  return images[0]
}

function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const { key, value } = splitPair(text)
      if (value === undefined) throw new UsageError(`"${text.slice(0, 60)}" is no KEY=VALUE`)
      return [key, value]
    }),
  )
}

function configMap(command: Command): Manifest {
  return object(command, 'v1', 'ConfigMap', { data: pairs(command.flags.get('from-literal') ?? []) })
}

function container(command: Command, name: string): Manifest {
  const port = parseGoInt(last(command, 'port') ?? '')
  const words = command.rest.length > 0 ? command.rest : []
  const env = Object.entries(pairs(command.flags.get('env') ?? [])).map(([key, value]) => ({ name: key, value }))
  // `run` passes the words as arguments unless --command; create job and deployment replace the command
  const isCommand = command.verb !== 'run' || last(command, 'command') === 'true'
  return {
    name,
    image: image(command),
    ...(words.length > 0 ? { [isCommand ? 'command' : 'args']: words } : {}),
    ...(port === undefined ? {} : { ports: [{ containerPort: port }] }),
    ...(env.length > 0 ? { env } : {}),
  }
}

function deployment(command: Command): Manifest {
  const name = command.args[0] ?? ''
  const labels = { app: name }
  const replicas = parseGoInt(last(command, 'replicas') ?? '1') ?? 1
  const spec = {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container(command, imageName(command))] } },
  }
  return object(command, 'apps/v1', 'Deployment', { spec }, labels)
}

/** kubectl names the container after the image */
function imageName(command: Command): string {
  const [path = ''] = image(command).split('@')
  const base = path.split('/').at(-1)?.split(':')[0] ?? 'main'
  return base.toLowerCase().replace(/[^a-z0-9-]/g, '-') || 'main'
}

async function job(command: Command): Promise<Action[]> {
  const from = last(command, 'from')
  const name = command.args[0]
  if (from !== undefined) {
    if (command.flags.has('image')) throw new UsageError('kubectl create job takes --from or --image, not both')
    const match = /^(?:cronjobs?|cj|cronjobs?\.batch)\/([a-z0-9.-]+)$/.exec(from)
    if (!match || name === undefined) throw new UsageError('kubectl create job needs NAME and --from=cronjob/NAME')
    const target = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      namespace: command.namespace ?? 'default',
      name: match[1] ?? '',
    }
    return [{ verb: 'create-job', from: target, name }]
  }
  const spec = { template: { spec: { restartPolicy: 'Never', containers: [container(command, name ?? '')] } } }
  return [{ verb: 'create', manifest: object(command, 'batch/v1', 'Job', { spec }) }]
}

function cronJob(command: Command): Manifest {
  const schedule = last(command, 'schedule')
  if (!schedule) throw new UsageError('kubectl create cronjob needs --schedule')
  const restartPolicy = last(command, 'restart') ?? 'OnFailure'
  const template = { spec: { restartPolicy, containers: [container(command, command.args[0] ?? '')] } }
  return object(command, 'batch/v1', 'CronJob', { spec: { schedule, jobTemplate: { spec: { template } } } })
}

function quota(command: Command): Manifest {
  return object(command, 'v1', 'ResourceQuota', {
    spec: { hard: pairs((last(command, 'hard') ?? '').split(',').filter(Boolean)) },
  })
}

function budget(command: Command): Manifest {
  const matchLabels = pairs((last(command, 'selector') ?? '').split(',').filter(Boolean))
  const count = (text: string | undefined) => (text === undefined ? undefined : (parseGoInt(text) ?? text))
  const minAvailable = count(last(command, 'min-available'))
  const maxUnavailable = count(last(command, 'max-unavailable'))
  const spec = {
    selector: { matchLabels },
    ...(minAvailable === undefined ? {} : { minAvailable }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  }
  return object(command, 'policy/v1', 'PodDisruptionBudget', { spec })
}

function pod(command: Command): Manifest {
  const name = command.args[0] ?? ''
  const restartPolicy = last(command, 'restart') ?? 'Always'
  const given = last(command, 'labels')
  const labels = given === undefined ? { run: name } : pairs(given.split(','))
  const words = command.args.slice(1)
  const whole = { ...command, rest: [...words, ...command.rest] }
  return object(command, 'v1', 'Pod', { spec: { restartPolicy, containers: [container(whole, name)] } }, labels)
}

async function expose(command: Command, lookup: Lookup): Promise<Action[]> {
  const [operand, ...more] = operandsOf(command).resources
  const kind = operand && kindByName(operand.type)
  if (!operand?.name || !kind || more.length > 0)
    throw new UsageError('kubectl expose is executed for one named object')
  const namespace = command.namespace ?? 'default'
  const live = await lookup.find({ apiVersion: kind.apiVersion, kind: kind.kind, namespace, name: operand.name })
  if (!live) throw new NotFoundError(`${kind.kind} ${namespace}/${operand.name} is not there`)
  const selector =
    kind.kind === 'Service'
      ? live.spec?.selector
      : kind.kind === 'Pod'
        ? live.metadata.labels
        : live.spec?.selector?.matchLabels
  const port = parseGoInt(last(command, 'port') ?? '')
  if (!selector || port === undefined)
    throw new UsageError('kubectl expose needs --port, and an object with a plain selector')
  const targetPort = last(command, 'target-port') ?? String(port)
  const manifest = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: last(command, 'name') ?? operand.name,
      namespace,
      ...(live.metadata.labels ? { labels: live.metadata.labels } : {}),
    },
    spec: {
      selector,
      ports: [{ port, protocol: last(command, 'protocol') ?? 'TCP', targetPort: parseGoInt(targetPort) ?? targetPort }],
      ...(command.flags.has('type') ? { type: last(command, 'type') } : {}),
    },
  }
  return [{ verb: 'create', manifest }]
}
