// Blame for a configuration the application refuses: which ConfigMap, variable or argument holds the value it complains about.
import { messageOf } from '../../core/errors.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { envOf, keysOf } from '../look/env.ts'
import { mountsOf } from '../look/mounts.ts'
import type { Container } from '../look/pods.ts'
import { evidence, oneLine } from '../look/words.ts'
import type { Blame, Suspect } from './blame.ts'

export function blameConfig(suspect: Suspect): Blame {
  const { workload, reason } = suspect
  const said = reason.line
  const held = heldInConfigMap(suspect)
  if (held) {
    const { map, key, text } = held
    const where = `ConfigMap ${map.metadata.name}, key ${key}`
    return {
      cause: `${where} holds a value that the application refuses: "${said}"`,
      remedy: `Correct ${text ? `"${oneLine(text, 80)}" in ` : ''}${where}, then restart ${workload.kind} ${workload.metadata.name}.`,
      evidence: [evidence('spec', map, text ? `${key}: ${oneLine(text, 200)}` : `key ${key} is what it reads`)],
      object: refOf(map),
    }
  }
  const variable = variableIn(suspect)
  if (variable) {
    return {
      cause: `${variable.name} (${variable.where}) has a value that the application refuses: "${said}"`,
      remedy: `Correct ${variable.name} in ${variable.holder}.`,
    }
  }
  const flag = reason.kind === 'flag' && reason.subject ? ` ${reason.subject}` : ''
  return {
    cause:
      reason.kind === 'flag'
        ? `the program does not know the option${flag} it is started with: "${said}"`
        : `the application refuses its configuration: "${said}"`,
    remedy:
      reason.kind === 'flag'
        ? `Correct the args of ${workload.kind} ${workload.metadata.name}, or use an image version that knows${flag || ' the option'}.`
        : `Correct the value that the message names in the configuration of ${workload.kind} ${workload.metadata.name}.`,
  }
}

interface Held {
  map: KubeObject
  key: string
  /** the line of the file, or the value, that the message quotes */
  text: string | undefined
}

/** The ConfigMap behind a file or variable that the message names, preferring one whose text contains what is quoted. */
function heldInConfigMap({ snapshot, pod, container, reason }: Suspect): Held | undefined {
  const said = reason.lines.concat(reason.line).join('\n')
  const quoted = [...(reason.subject ? [reason.subject] : []), ...quotesIn(said)]
  let byName: Held | undefined
  for (const { map, key, value } of configsOf(snapshot, pod, container)) {
    const named = said.includes(key)
    const texts = value.split('\n').filter((text) => !isProse(text))
    // what is named first is what it complains about
    const line = quoted
      .filter((quote) => named || quote.length >= 4)
      .map((quote) => texts.find((text) => text.includes(quote)))
      .find((text) => text !== undefined)
    if (line !== undefined) {
      return { map, key, text: line }
    }
    if (named) byName ??= { map, key, text: lineAt(value, said) }
  }
  return byName ?? (/\bJSON\b/i.test(said) ? brokenJson(configsOf(snapshot, pod, container)) : undefined)
}

/** A parser that does not say which file it read: the one that is no JSON. */
function brokenJson(configs: readonly Config[]): Held | undefined {
  for (const { map, key, value } of configs) {
    const fault = /\.json$/i.test(key) ? jsonFault(value) : undefined
    if (fault) return { map, key, text: `not valid JSON: ${fault}` }
  }
  return undefined
}

function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

export interface Config {
  map: KubeObject
  key: string
  value: string
}

/** What the container reads from ConfigMaps: mounted files and variables. */
export function configsOf(snapshot: Snapshot, pod: KubeObject, container: Container): Config[] {
  const configs: Config[] = []
  for (const mount of mountsOf(pod, container)) {
    const map = mount.source === 'ConfigMap' && mount.ref ? snapshot.find(mount.ref) : undefined
    if (!map) continue
    for (const [key, value] of Object.entries(keysOf(map))) configs.push({ map, key, value: value.slice(0, 100_000) })
  }
  for (const entry of envOf(snapshot, pod.metadata.namespace, container.spec).values()) {
    const map =
      entry.from?.kind === 'ConfigMap' ? snapshot.get('ConfigMap', pod.metadata.namespace, entry.from.name) : undefined
    if (map && entry.from) configs.push({ map, key: entry.name, value: entry.value ?? '' })
  }
  return configs
}

/** What the message quotes, or writes after `=`: candidates to look for in the configuration. */
function quotesIn(text: string): string[] {
  const found = [...text.matchAll(/["'`]([^"'`\n]{2,80})["'`]/g)].map((match) => match[1] ?? '')
  const assigned = [...text.matchAll(/\b([a-z][\w.-]{2,50})\s?[=:]\s?\S/gi)].map((match) => match[1] ?? '')
  return [...found, ...assigned]
    .filter((quote) => !/^(?:error|config|line|level|msg|time|err|file)$/i.test(quote))
    .slice(0, 20)
}

function isProse(line: string): boolean {
  return line.split(' ').length > 20
}

function lineAt(value: string, said: string): string | undefined {
  const number = Number(/\bline:? (\d{1,5})|:(\d{1,5})(?::\d+)?\b/i.exec(said)?.slice(1).find(Boolean) ?? Number.NaN)
  return Number.isNaN(number) ? undefined : value.split('\n')[number - 1]?.trim() || undefined
}

/** A variable the message names, or whose literal value it quotes. Secret values are neither read nor shown. */
function variableIn({
  snapshot,
  workload,
  pod,
  container,
  reason,
}: Suspect): { name: string; where: string; holder: string } | undefined {
  const said = reason.lines.concat(reason.line).join('\n')
  const quoted = quotesIn(said)
  for (const entry of envOf(snapshot, pod.metadata.namespace, container.spec).values()) {
    const named = new RegExp(`(?:^|[^A-Za-z0-9_])${entry.name.replace(/[^\w]/g, '\\$&')}(?![A-Za-z0-9_])`).test(said)
    const shown = entry.value !== undefined && entry.value.length >= 3 && quoted.includes(entry.value)
    if (!named && !shown) continue
    if (entry.from) {
      const where = `from ${entry.from.kind} ${entry.from.name}, key ${entry.from.key}`
      return { name: entry.name, where, holder: `${entry.from.kind} ${entry.from.name}` }
    }
    return { name: entry.name, where: 'set in the pod template', holder: `${workload.kind} ${workload.metadata.name}` }
  }
  return undefined
}
