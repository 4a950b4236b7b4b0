// Blame for rejected credentials: where they come from, and what rejects them.
import type { ObjectRef } from '../../core/ref.ts'
import type { KubeObject } from '../../objects/object.ts'
import { envOf } from '../look/env.ts'
import { onlyHostOf } from '../look/named-hosts.ts'
import { evidence, some } from '../look/words.ts'
import type { Blame, Suspect } from './blame.ts'

const CREDENTIAL = /PASS|PWD|SECRET|TOKEN|KEY|USER|CRED|AUTH|CONN|DSN|URL|URI/i

export function blameAuth({ snapshot, workload, pod, container, reason }: Suspect): Blame {
  const sources = [...envOf(snapshot, pod.metadata.namespace, container.spec).values()].flatMap(({ name, from }) =>
    from && CREDENTIAL.test(name) ? [{ name, from }] : [],
  )
  const secrets = [...new Set(sources.map(({ from }) => `${from.kind} ${from.name}`))]
  const user = reason.subject ? ` for user ${reason.subject}` : ''
  const told = secrets.length > 0 ? `; they come from ${some(secrets)} (${some(sources.map(({ name }) => name))})` : ''
  const host = reason.host ?? onlyHostOf(snapshot, pod, container.spec)?.host
  const side = host ? `the other side (${host})` : 'the other side'
  return {
    cause: `${side} rejects its credentials${user}${told}: "${reason.line}"`,
    remedy: `Compare the credentials in ${secrets.length > 0 ? some(secrets) : `what ${workload.metadata.name} is given`} with what the other side expects; they may have been rotated, and running pods keep old variables until they are restarted.`,
    evidence: sources
      .slice(0, 3)
      .map(({ name, from }) => evidence('spec', refOfSource(pod, from), `env ${name} takes key ${from.key}`)),
  }
}

function refOfSource(pod: KubeObject, from: { kind: string; name: string }): ObjectRef {
  const { namespace } = pod.metadata
  return { apiVersion: 'v1', kind: from.kind, ...(namespace ? { namespace } : {}), name: from.name }
}
