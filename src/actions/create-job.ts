// Runs a CronJob now, as `kubectl create job --from` does.
import { randomInt } from 'node:crypto'
import { ConflictError, UsageError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import { isDnsSubdomain } from '../kube/kubectl/grammar-names.ts'
import { kindOf } from '../objects/kinds.ts'
import type { ActionMember } from './action.ts'
import { absencePrecondition, findTarget, preconditionOf } from './objects.ts'
import { createStep, isRecord } from './requests.ts'

export const createJob: ActionMember<'create-job'> = {
  verb: 'create-job',
  summary: 'run a CronJob now',
  async compile({ from, name }, { lookup }) {
    const found = await findTarget(from, lookup, ['CronJob'])
    const kind = kindOf('Job', 'batch/v1')
    const template = found.live.spec?.jobTemplate
    if (!kind || !isRecord(template) || !isRecord(template.spec))
      throw new UsageError(`${refText(found.ref)} has no job template`)
    // pods are named after the Job, and their labels hold at most 63 characters
    const jobName =
      name ??
      `${found.ref.name.slice(0, 45)}-by-hand-${randomInt(36 ** 5)
        .toString(36)
        .padStart(5, '0')}`
    if (!isDnsSubdomain(jobName) || jobName.length > 63)
      throw new UsageError(`"${jobName.slice(0, 80)}" cannot be the name of a Job`)
    const ref = {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      namespace: found.ref.namespace ?? 'default',
      name: jobName,
    }
    if (await lookup.find(ref)) throw new ConflictError(`${refText(ref)} is there already`)
    const meta = isRecord(template.metadata) ? template.metadata : {}
    const manifest = {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: {
        name: jobName,
        namespace: ref.namespace,
        ...(isRecord(meta.labels) ? { labels: meta.labels } : {}),
        annotations: {
          ...(isRecord(meta.annotations) ? meta.annotations : {}),
          'cronjob.kubernetes.io/instantiate': 'manual',
        },
        ownerReferences: [
          {
            apiVersion: found.kind.apiVersion,
            kind: 'CronJob',
            name: found.ref.name,
            uid: found.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: template.spec,
    }
    const kubectl = `kubectl create job ${jobName} --from=cronjob/${found.ref.name} -n ${ref.namespace}`
    const step = createStep(kind, ref, manifest, `Run ${refText(found.ref)} now as ${refText(ref)}`, kubectl)
    return {
      steps: [step],
      preconditions: [preconditionOf(found.live), absencePrecondition(ref)],
      executionSeconds: 30,
    }
  },
  undo: (_, [step]) => (step ? { verb: 'delete', target: step.object } : undefined),
  expect: (_, [step]) => (step ? [{ kind: 'there', object: step.object, seconds: 30 }] : []),
}
