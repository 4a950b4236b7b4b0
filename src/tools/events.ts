// get_events: what the cluster said about things, newest first.

import { z } from 'zod'
import { ageText } from '../objects/age.ts'
import { eventCount, eventTime } from '../objects/snapshot.ts'
import { listKind, Namespace, READ, rowsOf } from './lists.ts'
import { defineTool } from './tool.ts'

export const getEvents = defineTool({
  name: 'get_events',
  description: 'Events, newest first, with how often and how long ago; Warnings only unless all=true.',
  effect: 'read',
  parameters: z.object({
    namespace: Namespace,
    kind: z.string().max(63).optional().describe('of the object, e.g. Pod'),
    name: z.string().max(253).optional().describe('of the object; ends with * for a beginning'),
    all: z.boolean().optional(),
  }),
  result: rowsOf({
    last: z.string(),
    count: z.number(),
    type: z.string(),
    reason: z.string(),
    object: z.string(),
    message: z.string(),
  }),
  async run(args, context) {
    // in no order of time: the newest are chosen from all of them
    const { items, notes } = await listKind('Event', { namespace: args.namespace }, context, READ)
    const wanted = items.filter((event) => {
      const about = event.involvedObject ?? event.regarding ?? {}
      const name = String(about.name ?? '')
      const named =
        !args.name || (args.name.endsWith('*') ? name.startsWith(args.name.slice(0, -1)) : name === args.name)
      return (
        (args.all || event.type === 'Warning') &&
        named &&
        (!args.kind || String(about.kind).toLowerCase() === args.kind.toLowerCase())
      )
    })
    const newest = wanted.toSorted((a, b) => eventTime(b) - eventTime(a)).slice(0, 100)
    return {
      items: newest.map((event) => {
        const about = event.involvedObject ?? event.regarding ?? {}
        return {
          last: `${ageText(new Date(eventTime(event)).toISOString(), context.now())} ago`,
          count: eventCount(event),
          type: String(event.type ?? ''),
          reason: String(event.reason ?? ''),
          object: `${about.kind ?? '?'} ${about.namespace ? `${about.namespace}/` : ''}${about.name ?? '?'}`,
          message: String(event.message ?? event.note ?? '').slice(0, 400),
        }
      }),
      notes: wanted.length === 0 ? ['no such events (they live about an hour)'] : notes,
    }
  },
})
