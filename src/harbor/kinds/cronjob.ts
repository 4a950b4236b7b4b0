import { ageText } from '../../objects/age.ts'
import { isTimeZone } from '../../objects/cron.ts'
import { selectorText } from '../../objects/selector.ts'
import { AGE_COLUMN, column, NAME_COLUMN, templateColumns, wide } from './columns.ts'
import { checkJobTemplate, JOB_SELECTOR } from './job.ts'
import type { KindRules } from './kind.ts'
import { defaultPodTemplate } from './pod-spec.ts'
import { scheduleFault } from './schedule.ts'
import { checkNotNegative } from './workload.ts'

// room for the eleven characters that its jobs' names add
const MAX_NAME = 52
const POLICIES = ['Allow', 'Forbid', 'Replace']

export const cronJob: KindRules = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  status: true,
  generation: true,
  defaults(draft) {
    draft.spec ??= {}
    const { spec } = draft
    spec.concurrencyPolicy ??= 'Allow'
    spec.suspend ??= false
    spec.successfulJobsHistoryLimit ??= 3
    spec.failedJobsHistoryLimit ??= 1
    spec.jobTemplate ??= {}
    spec.jobTemplate.metadata ??= {}
    spec.jobTemplate.spec ??= {}
    spec.jobTemplate.spec.template ??= {}
    defaultPodTemplate(spec.jobTemplate.spec.template)
  },
  defaultStatus(draft) {
    draft.status ??= {}
  },
  prepareCreate(draft) {
    draft.status = {}
  },
  validate({ metadata, spec }, errors) {
    if (metadata.name.length > MAX_NAME) {
      errors.invalid('metadata.name', metadata.name, `must be no more than ${MAX_NAME} characters`)
    }
    if (!spec.schedule) errors.required('spec.schedule')
    const fault = scheduleFault(spec.schedule ?? '')
    if (spec.schedule && fault) errors.invalid('spec.schedule', spec.schedule, fault)
    if (spec.timeZone !== undefined && !isTimeZone(spec.timeZone)) {
      errors.invalid('spec.timeZone', spec.timeZone, `unknown time zone ${spec.timeZone}`)
    }
    if (!POLICIES.includes(spec.concurrencyPolicy)) {
      errors.notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, POLICIES)
    }
    checkNotNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds', errors)
    checkNotNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit', errors)
    checkNotNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit', errors)
    const { template } = spec.jobTemplate.spec
    checkJobTemplate(template, 'spec.jobTemplate.spec.template', template.spec?.restartPolicy, errors)
  },
  columns: [
    NAME_COLUMN,
    column('Schedule', 'V1CronJobSpec.schedule', (object) => object.spec?.schedule ?? ''),
    column('Timezone', 'V1CronJobSpec.timeZone', (object) => object.spec?.timeZone ?? '<none>'),
    {
      ...column('Suspend', 'V1CronJobSpec.suspend', (object) => (object.spec?.suspend ? 'True' : 'False')),
      type: 'boolean',
    },
    { ...column('Active', 'V1CronJobStatus.active', (object) => object.status?.active?.length ?? 0), type: 'integer' },
    column('Last Schedule', 'Information when was the last time the job was successfully scheduled.', (object, now) => {
      return object.status?.lastScheduleTime ? ageText(object.status.lastScheduleTime, now) : '<none>'
    }),
    AGE_COLUMN,
    ...templateColumns((object) => object.spec?.jobTemplate?.spec?.template),
    wide(column('Selector', JOB_SELECTOR, ({ spec }) => selectorText(spec?.jobTemplate?.spec?.selector))),
  ],
}
