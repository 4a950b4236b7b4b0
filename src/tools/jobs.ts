// get_jobs and get_cronjobs.

import { z } from 'zod'
import { ageText } from '../objects/age.ts'
import { controllerOf } from '../objects/object.ts'
import { ageOf, conditionsText, ListParameters, listKind, rowsOf } from './lists.ts'
import { defineTool } from './tool.ts'

export const getJobs = defineTool({
  name: 'get_jobs',
  description: 'Jobs: completions, failures, back-off limit, owner, conditions.',
  effect: 'read',
  parameters: ListParameters,
  result: rowsOf({
    namespace: z.string(),
    name: z.string(),
    wanted: z.number(),
    succeeded: z.number(),
    failed: z.number(),
    active: z.number(),
    backoff_limit: z.number(),
    owner: z.string(),
    conditions: z.string(),
    age: z.string(),
  }),
  async run(args, context) {
    const { items, notes } = await listKind('Job', args, context)
    return {
      items: items.map((job) => ({
        namespace: job.metadata.namespace ?? '',
        name: job.metadata.name,
        wanted: Number(job.spec?.completions ?? 1),
        succeeded: Number(job.status?.succeeded ?? 0),
        failed: Number(job.status?.failed ?? 0),
        active: Number(job.status?.active ?? 0),
        backoff_limit: Number(job.spec?.backoffLimit ?? 6),
        owner: controllerOf(job)?.name ?? '',
        conditions: conditionsText(job),
        age: ageOf(job, context.now()),
      })),
      notes,
    }
  },
})

export const getCronjobs = defineTool({
  name: 'get_cronjobs',
  description: 'CronJobs: schedule, zone, suspended, last run and last success, how many run now.',
  effect: 'read',
  parameters: ListParameters,
  result: rowsOf({
    namespace: z.string(),
    name: z.string(),
    schedule: z.string(),
    suspended: z.string(),
    concurrency: z.string(),
    last_run: z.string(),
    last_success: z.string(),
    active: z.number(),
    age: z.string(),
  }),
  async run(args, context) {
    const { items, notes } = await listKind('CronJob', args, context)
    const since = (time: string | undefined) => (time ? `${ageText(time, context.now())} ago` : 'never')
    return {
      items: items.map((job) => ({
        namespace: job.metadata.namespace ?? '',
        name: job.metadata.name,
        schedule: `${job.spec?.schedule ?? '?'}${job.spec?.timeZone ? ` ${job.spec.timeZone}` : ''}`,
        suspended: job.spec?.suspend ? 'yes' : 'no',
        concurrency: String(job.spec?.concurrencyPolicy ?? 'Allow'),
        last_run: since(job.status?.lastScheduleTime),
        last_success: since(job.status?.lastSuccessfulTime),
        active: ((job.status?.active ?? []) as unknown[]).length,
        age: ageOf(job, context.now()),
      })),
      notes,
    }
  },
})
