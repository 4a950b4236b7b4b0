// `create deployment|job|cronjob` and `run` → what they would send.
import type { Action } from '../../core/action.ts'
import { UsageError } from '../../core/errors.ts'
import { parseGoInt } from '../../kube/kubectl/grammar-args.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import { applyMergePatch } from '../../objects/patch-merge.ts'
import { isRecord } from '../requests.ts'
import { type Manifest, made, object } from './create.ts'
import { isTrue, last, pairs, type Verb } from './targets.ts'

export const WORKLOADS: Record<string, Verb> = {
  'create deployment': { compile: made(deployment), flags: 'image port replicas' },
  'create job': { compile: job, flags: 'image from' },
  'create cronjob': { compile: made(cronJob), flags: 'image schedule restart' },
  run: {
    compile: run,
    flags:
      'image restart labels env port command annotations image-pull-policy privileged expose overrides override-type',
  },
}

function imagesOf(command: Command): string[] {
  const images = (command.flags.get('image') ?? []).flatMap((text) => text.split(',')).filter(Boolean)
  if (images.length === 0) throw new UsageError('one --image is needed')
  return images
}

function container(command: Command, name: string, image: string, words: readonly string[] = command.rest): Manifest {
  const port = parseGoInt(last(command, 'port') ?? '')
  const env = Object.entries(pairs(command.flags.get('env') ?? [])).map(([key, value]) => ({ name: key, value }))
  const pull = last(command, 'image-pull-policy')
  // `run` passes the words as arguments unless --command; create job and deployment replace the command
  const isCommand = command.verb !== 'run' || isTrue(command, 'command')
  return {
    name,
    image,
    ...(words.length > 0 ? { [isCommand ? 'command' : 'args']: words } : {}),
    ...(port === undefined ? {} : { ports: [{ containerPort: port }] }),
    ...(env.length > 0 ? { env } : {}),
    ...(pull === undefined ? {} : { imagePullPolicy: pull }),
    ...(isTrue(command, 'privileged') ? { securityContext: { privileged: true } } : {}),
  }
}

function deployment(command: Command): Manifest {
  const labels = { app: command.args[0] ?? '' }
  const replicas = parseGoInt(last(command, 'replicas') ?? '1') ?? 1
  const images = imagesOf(command)
  if (images.length > 1 && command.rest.length > 0)
    throw new UsageError('several --image and a command are not taken together')
  const containers = images.map((image) => container(command, nameOf(image), image))
  if (new Set(containers.map(({ name }) => name)).size < containers.length)
    throw new UsageError('the images would give two containers the same name; write a manifest and apply it')
  // kubectl gives --port to the first one
  const rest = containers.slice(1).map(({ ports: _ports, ...kept }) => kept)
  const spec = {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [containers[0], ...rest] } },
  }
  return object(command, 'apps/v1', 'Deployment', { spec }, { labels })
}

/** kubectl names a container after its image. */
function nameOf(image: string): string {
  const base = image.split('@')[0]?.split('/').at(-1)?.split(':')[0] ?? 'main'
  return base.toLowerCase().replace(/[^a-z0-9-]/g, '-') || 'main'
}

function onlyImage(command: Command): string {
  const [image, ...more] = imagesOf(command)
  if (image === undefined || more.length > 0) throw new UsageError('one --image is needed')
  return image
}

function job(command: Command): Action[] {
  const from = last(command, 'from')
  const name = command.args[0]
  if (from !== undefined) {
    if (command.flags.has('image')) throw new UsageError('kubectl create job takes --from or --image, not both')
    const match = /^(?:cronjobs?|cj|cronjobs?(?:\.v1)?\.batch)\/([a-z0-9.-]+)$/.exec(from)
    if (!match || name === undefined) throw new UsageError('kubectl create job needs NAME and --from=cronjob/NAME')
    const target = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      namespace: command.namespace ?? 'default',
      name: match[1] ?? '',
    }
    return [{ verb: 'create-job', from: target, name }]
  }
  const containers = [container(command, name ?? '', onlyImage(command))]
  const spec = { template: { spec: { restartPolicy: 'Never', containers } } }
  return [{ verb: 'create', manifest: object(command, 'batch/v1', 'Job', { spec }) }]
}

function cronJob(command: Command): Manifest {
  const schedule = last(command, 'schedule')
  if (!schedule) throw new UsageError('kubectl create cronjob needs --schedule')
  const restartPolicy = last(command, 'restart') ?? 'OnFailure'
  const name = command.args[0] ?? ''
  const template = { spec: { restartPolicy, containers: [container(command, name, onlyImage(command))] } }
  const jobTemplate = { metadata: { name }, spec: { template } }
  return object(command, 'batch/v1', 'CronJob', { spec: { schedule, jobTemplate } })
}

function run(command: Command): Action[] {
  const name = command.args[0] ?? ''
  const restartPolicy = last(command, 'restart') ?? 'Always'
  const given = last(command, 'labels')
  const labels = given === undefined ? { run: name } : pairs(given.split(','))
  const notes = command.flags.get('annotations')
  const words = [...command.args.slice(1), ...command.rest]
  const containers = [container(command, name, onlyImage(command), words)]
  const marks = { labels, ...(notes ? { annotations: pairs(notes) } : {}) }
  const pod = overridden(
    command,
    object(command, 'v1', 'Pod', { spec: { containers, restartPolicy, dnsPolicy: 'ClusterFirst' } }, marks),
  )
  const port = parseGoInt(last(command, 'port') ?? '')
  if (!isTrue(command, 'expose')) return [{ verb: 'create', manifest: pod }]
  if (port === undefined) throw new UsageError('kubectl run --expose needs --port')
  const ports = [{ port, protocol: 'TCP', targetPort: port }]
  const service = object(command, 'v1', 'Service', { spec: { ports, selector: labels } })
  return [
    { verb: 'create', manifest: service },
    { verb: 'create', manifest: pod },
  ]
}

/** `--overrides` is a merge patch of what is about to be created; it may not make another object of it. */
export function overridden(command: Command, manifest: Manifest): Manifest {
  const text = last(command, 'overrides')
  if (text === undefined) return manifest
  const type = last(command, 'override-type') ?? 'merge'
  if (type !== 'merge') throw new UsageError(`--override-type=${type.slice(0, 20)} is not executed; allowed is merge`)
  const patch = parsed(text)
  const changed = isRecord(patch) ? applyMergePatch(manifest, patch) : undefined
  if (!isRecord(changed) || !isRecord(changed.metadata)) throw new UsageError('--overrides needs a JSON object')
  const { metadata } = manifest as { metadata: Manifest }
  const isSame =
    changed.kind === manifest.kind &&
    changed.apiVersion === manifest.apiVersion &&
    changed.metadata.name === metadata.name &&
    changed.metadata.namespace === metadata.namespace
  if (!isSame) throw new UsageError('--overrides may not change the kind, name or namespace')
  return changed
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError('--overrides needs valid JSON')
  }
}
