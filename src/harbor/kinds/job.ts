import { durationText } from '../../objects/age.ts'
import type { KubeObject } from '../../objects/object.ts'
import { copy, type Json, same } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN, selectorColumn, templateColumns } from './columns.ts'
import type { KindRules } from './kind.ts'
import { checkPodTemplate } from './pod-checks.ts'
import { defaultPodTemplate } from './pod-spec.ts'
import { checkNotNegative, template } from './workload.ts'

export const JOB_SELECTOR =
  'A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors'

function defaultJobSpec(spec: Json): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= 6
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.manualSelector ??= false
  spec.podReplacementPolicy ??= 'TerminatingOrFailed'
  spec.template ??= {}
  defaultPodTemplate(spec.template)
}

export function checkJobTemplate(template: Json, field: string, given: string | undefined, errors: Errors): void {
  checkPodTemplate(template ?? {}, field, errors)
  const policies = ['OnFailure', 'Never']
  if (!policies.includes(given ?? '')) {
    errors.required(`${field}.spec.restartPolicy`, 'valid values: "OnFailure", "Never"')
  }
}
type Errors = Parameters<NonNullable<KindRules['validate']>>[1]

export const job: KindRules = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  status: true,
  generation: true,
  orphanByDefault: true,
  defaults(draft) {
    draft.spec ??= {}
    defaultJobSpec(draft.spec)
  },
  defaultStatus(draft) {
    draft.status ??= {}
  },
  prepareCreate(draft) {
    draft.status = {}
    if (!draft.spec.manualSelector) generateSelector(draft)
  },
  validate(object, errors) {
    const { spec } = object
    checkNotNegative(spec.parallelism, 'spec.parallelism', errors)
    checkNotNegative(spec.completions, 'spec.completions', errors)
    checkNotNegative(spec.backoffLimit, 'spec.backoffLimit', errors)
    checkNotNegative(spec.activeDeadlineSeconds, 'spec.activeDeadlineSeconds', errors)
    checkNotNegative(spec.ttlSecondsAfterFinished, 'spec.ttlSecondsAfterFinished', errors)
    checkJobTemplate(spec.template, 'spec.template', spec.template?.spec?.restartPolicy, errors)
    if (!['NonIndexed', 'Indexed'].includes(spec.completionMode)) {
      errors.notSupported('spec.completionMode', spec.completionMode, ['NonIndexed', 'Indexed'])
    }
  },
  validateUpdate(object, old, errors) {
    if (!same(fixedTemplate(object), fixedTemplate(old))) {
      errors.invalid('spec.template', object.spec.template, 'field is immutable')
    }
    if (!same(object.spec.selector, old.spec.selector)) {
      errors.invalid('spec.selector', object.spec.selector, 'field is immutable')
    }
    if (!same(object.spec.completions, old.spec.completions) && object.spec.completionMode !== 'Indexed') {
      errors.invalid('spec.completions', object.spec.completions ?? null, 'field is immutable')
    }
  },
  fields: { 'status.successful': (object) => String(object.status?.succeeded ?? 0) },
  fieldWording: 'label',
  columns: [
    NAME_COLUMN,
    column('Status', 'Status of the job.', statusText),
    column('Completions', 'V1JobStatus.succeeded', completionsText),
    column('Duration', 'Time required to complete the job.', jobDuration),
    AGE_COLUMN,
    ...templateColumns(template),
    selectorColumn(JOB_SELECTOR),
  ],
}

// the pods of a job carry its uid, so that no other job counts them
function generateSelector(draft: KubeObject): void {
  const { uid = '', name } = draft.metadata
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  }
  draft.metadata.labels = { ...draft.metadata.labels, ...labels }
  draft.spec.template.metadata ??= {}
  draft.spec.template.metadata.labels = { ...draft.spec.template.metadata.labels, ...labels }
  draft.spec.selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }
}

// a suspended job may still be moved to other nodes
function fixedTemplate(object: KubeObject): Json {
  const template = copy(object.spec.template)
  if (!object.spec.suspend) return template
  for (const field of ['nodeSelector', 'tolerations', 'affinity', 'schedulingGates']) delete template.spec[field]
  return template
}

function statusText({ status, metadata }: KubeObject): string {
  const holds = (type: string) =>
    (status?.conditions ?? []).some((condition: Json) => condition.type === type && condition.status === 'True')
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  if (metadata.deletionTimestamp) return 'Terminating'
  if (holds('Suspended')) return 'Suspended'
  if (holds('FailureTarget')) return 'FailureTarget'
  return holds('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
}

function completionsText({ spec, status }: KubeObject): string {
  const done = status?.succeeded ?? 0
  if (spec?.completions !== undefined) return `${done}/${spec.completions}`
  return spec?.parallelism > 1 ? `${done}/1 of ${spec.parallelism}` : `${done}/1`
}

function jobDuration({ status }: KubeObject, now: number): string {
  const start = Date.parse(status?.startTime ?? '')
  if (Number.isNaN(start)) return ''
  const failed = (status?.conditions ?? []).find((item: Json) => item.type === 'Failed' && item.status === 'True')
  const end = Date.parse(status?.completionTime ?? failed?.lastTransitionTime ?? '')
  return durationText((Number.isNaN(end) ? now : end) - start)
}
