// What logs, messages and exit codes say about the cause of an illness. The texts come from anywhere: they are bounded and only searched.

import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import type { Cause } from './book.ts'
import type { Course } from './course.ts'
import { egressTo } from './network.ts'
import type { Signature } from './signature.ts'

const MAX_LINES = 400
const MAX_LINE = 2000

const FORBIDDEN =
  /User "([^"]{1,300})" cannot (\w{1,30}) resource "([^"]{1,100})" in API group "([^"]{0,100})"(?: in the namespace "([^"]{1,100})")?/
const VARIABLE = /\b[A-Z][A-Z0-9]{0,60}(?:_[A-Z0-9]{1,60}){1,8}\b/g
const LACKING = /undefined|not set|unset|missing|required|not defined|not provided|must be set|no value|KeyError|empty/i
const FAULTY = /error|fatal|panic|invalid|malformed|parse|relative URL|unknown|bad |refused|unsupported/i
const CONFIG_FILE = /[\w./-]{1,200}\.(?:toml|ya?ml|json|conf|ini|cfg|properties|xml|env)\b/
const HOST = /\b([a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63}){0,8})(?::\d{2,5})\b/g
const UNREACHABLE =
  /refused|timeout|timed out|no route|unreachable|unavailable|no such host|could not connect|giving up/i
const UNRESOLVED = /EAI_AGAIN|name resolution|no such host|server misbehaving|getaddrinfo|lookup \S{1,300}/
const FULL = /no space left on device|enospc|disk (?:is )?full/i
const RIGHTS = /permission denied|not permitted|read-only file system|unprivileged|runAsNonRoot|as root/i
const NO_COMMAND = /executable file not found|command not found|: not found$|no such file or directory/m

/** The likely causes, each of which names a change that would heal; `unknown` when the evidence names none. */
export function causesOf(
  world: World,
  pod: KubeObject,
  signature: Signature,
  course: Course,
  lines: readonly string[],
): Cause[] {
  const text = [course.exit?.message ?? '', ...lines.slice(-MAX_LINES)].map((line) => line.slice(0, MAX_LINE))
  const whole = text.join('\n')
  if (course.pull) return [{ kind: course.pull.secrets || isAccess(course.pull.message) ? 'pull-access' : 'image' }]
  if (course.stuck?.reason === 'CreateContainerConfigError') return [{ kind: 'config' }]
  if (course.exit?.reason === 'OOMKilled') return [{ kind: 'memory', limit: 0 }]
  const probe = probeCause(course)
  if (probe) return [probe]
  const forbidden = FORBIDDEN.exec(whole)
  if (forbidden) {
    const [, user = '', verb = '', resource = '', group = '', namespace = ''] = forbidden
    return [{ kind: 'permission', user, verb, resource, group, namespace }]
  }
  if (FULL.test(whole)) return [{ kind: 'storage' }]
  if (course.exit?.code === 127 || course.exit?.code === 126 || (course.stuck && NO_COMMAND.test(whole))) {
    return [{ kind: 'command' }]
  }
  const names = variablesIn(text, signature)
  if (names.length > 0) return [{ kind: 'variables', names }]
  if (text.some((line) => CONFIG_FILE.test(line) && FAULTY.test(line) && !RIGHTS.test(line)))
    return [{ kind: 'config' }]
  if (RIGHTS.test(whole)) return [{ kind: 'security' }]
  const causes = reachCauses(world, pod, text)
  return causes.length > 0 ? causes : [{ kind: 'unknown' }]
}

function isAccess(message: string): boolean {
  return /unauthorized|401|403|denied|authoriz|authentication required/i.test(message)
}

// a probe that is answered "no such path", or by nobody, asks in the wrong place; a 5xx is the application's own trouble
function probeCause({ liveness, unready }: Course): Cause | undefined {
  const wrong = /statuscode: 4\d\d|connection refused|no such host|unknown service/
  if (liveness && wrong.test(liveness.message)) return { kind: 'probe', probe: 'liveness' }
  if (unready && wrong.test(unready.message)) return { kind: 'probe', probe: 'readiness' }
  return undefined
}

function variablesIn(lines: readonly string[], signature: Signature): string[] {
  const names = new Set<string>()
  for (const line of lines) {
    for (const [name] of line.matchAll(VARIABLE)) {
      const blamed = signature.env.has(name)
        ? LACKING.test(line) || FAULTY.test(line) || line.includes(`${name}:`)
        : LACKING.test(line)
      if (blamed && !/^E[A-Z]{2,12}_/.test(name)) names.add(name)
    }
  }
  return [...names].slice(0, 10)
}

function reachCauses(world: World, pod: KubeObject, lines: readonly string[]): Cause[] {
  const failing = lines.filter((line) => UNREACHABLE.test(line) || UNRESOLVED.test(line))
  if (failing.length === 0) return []
  const causes: Cause[] = []
  const hosts = new Set<string>()
  for (const line of lines) for (const [, host = ''] of line.matchAll(HOST)) hosts.add(host)
  const services = [...hosts]
    .slice(0, 20)
    .flatMap((host) => serviceNamed(world, pod.metadata.namespace ?? '', host) ?? [])
  const down = services.filter((service) => !hasReadyEndpoints(world, service))
  if (down.length > 0 || hosts.size > 0)
    causes.push({ kind: 'services', services: down, hosts: [...hosts].slice(0, 20) })
  if (!egressTo(world, pod, failing.some((line) => UNRESOLVED.test(line)) ? 53 : undefined))
    causes.push({ kind: 'network' })
  return causes
}

interface ServiceName {
  namespace: string
  name: string
}

/** `db`, `db.data`, `db.data.svc`, `db.data.svc.cluster.local` → the Service, if there is one. */
function serviceNamed(world: World, home: string, host: string): ServiceName | undefined {
  const [name = '', namespace = home, svc = 'svc'] = host.split('.')
  if (svc !== 'svc') return undefined
  return world.find('Service', namespace, name) ? { namespace, name } : undefined
}

export function hasReadyEndpoints(world: World, { namespace, name }: ServiceName): boolean {
  return world
    .list('EndpointSlice', { namespace, selector: { matchLabels: { 'kubernetes.io/service-name': name } } })
    .some((slice) =>
      (slice.endpoints ?? []).some((endpoint: KubeObject['spec']) => endpoint.conditions?.ready !== false),
    )
}
