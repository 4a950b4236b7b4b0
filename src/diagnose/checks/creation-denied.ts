// Pods that an admission policy refuses: webhooks, ValidatingAdmissionPolicies, LimitRanges, PodSecurity, or plain validation.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type Refused, refusedCreations, refusedDraft } from '../look/creation.ts'
import { lastChange, rollbackOf } from '../look/revisions.ts'
import { evidence } from '../look/words.ts'

export const creationDenied: Check = {
  name: 'creation-denied',
  title: 'An admission policy refuses the pods of a workload',
  why: 'The workload itself was accepted, so nothing looks wrong but that pods do not appear.',
  fix: 'Change the pod template so that it meets the rule that is named, or have the rule changed by whoever owns it.',
  reads: [
    'ReplicaSet',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'Job',
    'CronJob',
    'Event',
    'LimitRange',
    'PriorityClass',
    'RuntimeClass',
    'ValidatingAdmissionPolicy',
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
    'ControllerRevision',
  ],
  run: (snapshot) => refusedCreations(snapshot).flatMap((refused) => draftOf(snapshot, refused)),
}

interface Denial {
  cause: string
  remedy: string
  dueTo?: ObjectRef[]
}

interface Row {
  said: RegExp
  tell: (found: Record<string, string | undefined>, refused: Refused, snapshot: Snapshot) => Denial
}

const ROWS: Row[] = [
  {
    said: /admission webhook "(?<webhook>[^"]{1,253})" denied the request:? ?(?<why>.{0,400})/,
    tell: ({ webhook, why }, { workload }) => ({
      cause: `admission webhook ${webhook} denies its pods: ${why || 'without a reason'}`,
      remedy: `Change ${workload.kind} ${workload.metadata.name} so that it meets the policy, or ask the owner of ${webhook} for an exception.`,
    }),
  },
  {
    said: /ValidatingAdmissionPolicy '(?<policy>[^']{1,253})'(?: with binding '(?<binding>[^']{1,253})')? denied request:? ?(?<why>.{0,400})/,
    tell: ({ policy, binding, why }, { workload }) => ({
      cause: `ValidatingAdmissionPolicy ${policy}${binding ? ` (binding ${binding})` : ''} denies its pods: ${why}`,
      remedy: `Change ${workload.kind} ${workload.metadata.name} so that it meets the policy ${policy}.`,
    }),
  },
  {
    said: /(?<rule>(?:maximum|minimum) [\w./-]{1,60} usage per \w{1,20} is [\w.]{1,30}.{0,150}|[\w.-]{1,40} max limit to request ratio.{0,150})/,
    tell: ({ rule }, { workload }, snapshot) => {
      const [range] = snapshot.list('LimitRange', workload.metadata.namespace ?? '')
      return {
        cause: `${range ? `LimitRange ${range.metadata.name}` : 'a LimitRange'} of namespace ${workload.metadata.namespace} refuses its pods: ${rule}`,
        remedy: `Bring requests and limits of ${workload.metadata.name} within the LimitRange, or change that.`,
        dueTo: range ? [refOf(range)] : [],
      }
    },
  },
  {
    said: /no PriorityClass with name (?<name>[\w.-]{1,253}) was found/,
    tell: ({ name }, { workload }) => ({
      cause: `PriorityClass ${name} does not exist, and its pod template asks for it`,
      remedy: `Create PriorityClass ${name}, or correct priorityClassName in ${workload.metadata.name}.`,
      dueTo: [{ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', name: name ?? '' }],
    }),
  },
  {
    said: /RuntimeClass "?(?<name>[\w.-]{1,253})"? not found|runtimeclass.{0,40}"(?<other>[\w.-]{1,253})" not found/i,
    tell: ({ name, other }, { workload }) => ({
      cause: `RuntimeClass ${name ?? other} does not exist, and its pod template asks for it`,
      remedy: `Create RuntimeClass ${name ?? other}, or correct runtimeClassName in ${workload.metadata.name}.`,
    }),
  },
  {
    said: /unable to validate against any security context constraint(?<why>.{0,300})/,
    tell: ({ why }, { workload }) => ({
      cause: `no SecurityContextConstraint allows its pods: ${why}`,
      remedy: `Drop the privileges that ${workload.metadata.name} asks for, or bind its service account to a fitting constraint.`,
    }),
  },
  {
    said: /because it is being terminated|namespace .{1,80} is being (?:terminated|deleted)/,
    tell: (_found, { workload }) => ({
      cause: `namespace ${workload.metadata.namespace} is being deleted, and nothing new may be created in it`,
      remedy: 'Deploy to another namespace, or wait until this one is gone and create it anew.',
      dueTo: [{ apiVersion: 'v1', kind: 'Namespace', name: workload.metadata.namespace ?? '' }],
    }),
  },
  {
    said: /is invalid: (?<why>.{1,400})/,
    tell: ({ why }, { workload }) => ({
      cause: `its pods are invalid: ${why}`,
      remedy: `Correct the field that is named in the template of ${workload.kind} ${workload.metadata.name}.`,
    }),
  },
]

// told by checks of their own
const ELSEWHERE =
  /exceeded quota|failed quota|failed calling webhook|violates PodSecurity|error looking up service account|serviceaccount .{1,260} not found/i

function draftOf(snapshot: Snapshot, refused: Refused): Draft[] {
  const { message, workload } = refused
  if (ELSEWHERE.test(message)) return []
  const denial = tell(snapshot, refused)
  const change = lastChange(snapshot, workload)
  const isNew =
    change !== undefined && change.to.object.metadata.name === refused.owner.metadata.name && change.changes.length > 0
  const back = isNew ? rollbackOf(workload, change) : undefined
  const base = refusedDraft(snapshot, refused)
  return [
    {
      ...base,
      cause: denial.cause,
      ...(isNew ? { changed: change.words } : {}),
      evidence: [...base.evidence, ...(isNew ? [evidence('spec', change.to.object, `Changed: ${change.words}`)] : [])],
      remedy: denial.remedy,
      dueTo: [...(denial.dueTo ?? []), ...webhookRefs(snapshot, message)],
      ...(back ? { action: back } : {}),
    },
  ]
}

function tell(snapshot: Snapshot, refused: Refused): Denial {
  for (const { said, tell: words } of ROWS) {
    const found = said.exec(refused.message)
    if (found) return words(found.groups ?? {}, refused, snapshot)
  }
  return { cause: `the API server refuses its pods: "${refused.message}"`, remedy: 'Correct what the message names.' }
}

function webhookRefs(snapshot: Snapshot, message: string): ObjectRef[] {
  const name = /admission webhook "([^"]{1,253})"/.exec(message)?.[1]
  if (!name) return []
  const configurations: KubeObject[] = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].flatMap(
    (kind) => [...snapshot.list(kind)],
  )
  return configurations
    .filter((object) => (object.webhooks ?? []).some((hook: { name?: string }) => hook?.name === name))
    .map(refOf)
}
