import { ageText, durationText } from '../../objects/age.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { FieldErrors } from '../invalid.ts'
import { same } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN, wide } from './columns.ts'
import type { Conversion, KindRules } from './kind.ts'

const SOURCE = 'The component reporting this event. Should be a short machine understandable string.'

const source = (object: KubeObject) => object.source?.component || object.reportingComponent || ''

export const event: KindRules = {
  apiVersion: 'v1',
  kind: 'Event',
  createOnUpdate: true,
  defaults(draft) {
    draft.involvedObject ??= {}
    draft.source ??= {}
    draft.firstTimestamp ??= null
    draft.lastTimestamp ??= null
    draft.eventTime ??= null
    draft.reportingComponent ??= ''
    draft.reportingInstance ??= ''
  },
  validate(object, errors) {
    const about = object.involvedObject.namespace
    // events about cluster-scoped things live in default
    if (
      about
        ? about !== object.metadata.namespace
        : !['default', 'kube-system'].includes(object.metadata.namespace ?? '')
    ) {
      errors.invalid('involvedObject.namespace', about ?? '', 'does not match event.namespace')
    }
  },
  fieldWording: 'label',
  fields: {
    'involvedObject.kind': (object) => object.involvedObject?.kind ?? '',
    'involvedObject.namespace': (object) => object.involvedObject?.namespace ?? '',
    'involvedObject.name': (object) => object.involvedObject?.name ?? '',
    'involvedObject.uid': (object) => object.involvedObject?.uid ?? '',
    'involvedObject.apiVersion': (object) => object.involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': (object) => object.involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': (object) => object.involvedObject?.fieldPath ?? '',
    reason: (object) => object.reason ?? '',
    reportingComponent: (object) => object.reportingComponent ?? '',
    source,
    type: (object) => object.type ?? '',
  },
  columns: [
    column('Last Seen', 'CoreV1Event.lastTimestamp', lastSeen),
    column('Type', 'CoreV1Event.type', (object) => object.type ?? ''),
    column('Reason', 'CoreV1Event.reason', (object) => object.reason ?? ''),
    column('Object', 'The object that this event is about.', (object) => {
      const { kind, name } = object.involvedObject ?? {}
      return kind ? `${kind.toLowerCase()}/${name ?? ''}` : ''
    }),
    wide(column('Subobject', 'V1ObjectReference.fieldPath', (object) => object.involvedObject?.fieldPath ?? '')),
    wide(column('Source', SOURCE, sourceText)),
    column('Message', 'CoreV1Event.message', (object) => (object.message ?? '').trim()),
    wide(column('First Seen', 'CoreV1Event.firstTimestamp', firstSeen)),
    wide(column('Count', 'CoreV1Event.count', (object) => object.series?.count ?? object.count ?? 1)),
    wide(NAME_COLUMN),
  ],
}

function sourceText(object: KubeObject): string {
  const component = source(object)
  const host = object.source?.host
  return host ? `${component}, ${host}` : component
}

function firstSeen(object: KubeObject, now: number): string {
  return object.firstTimestamp ? ageText(object.firstTimestamp, now) : ageText(object.eventTime, now)
}

function lastSeen(object: KubeObject, now: number): string {
  const last = object.series?.lastObservedTime ?? object.lastTimestamp
  if (last) return ageText(last, now)
  if (object.eventTime) return ageText(object.eventTime, now)
  return object.firstTimestamp ? durationText(now - Date.parse(object.firstTimestamp)) : '<unknown>'
}

const IMMUTABLE = [
  'involvedObject',
  'reason',
  'action',
  'message',
  'type',
  'eventTime',
  'reportingComponent',
  'reportingInstance',
  'source',
]

/** The newer API of the same events: other field names, stricter rules. */
export const eventsV1: Conversion & { kind: string; stored: string } = {
  kind: 'Event',
  stored: 'v1',
  apiVersion: 'events.k8s.io/v1',
  rules: {
    invalidGroup: '',
    fields: {
      ...event.fields,
      'regarding.kind': (object) => object.regarding?.kind ?? '',
      'regarding.namespace': (object) => object.regarding?.namespace ?? '',
      'regarding.name': (object) => object.regarding?.name ?? '',
      'regarding.uid': (object) => object.regarding?.uid ?? '',
      'regarding.apiVersion': (object) => object.regarding?.apiVersion ?? '',
      'regarding.resourceVersion': (object) => object.regarding?.resourceVersion ?? '',
      'regarding.fieldPath': (object) => object.regarding?.fieldPath ?? '',
      reportingController: (object) => object.reportingController ?? '',
    },
    columns: [NAME_COLUMN, AGE_COLUMN],
    validate: checkNewEvent,
    validateUpdate(object, old, errors) {
      for (const field of IMMUTABLE) {
        if (!same(object[field], old[field])) errors.invalid(field, object[field] ?? '', 'field is immutable')
      }
    },
  },
  toStored(object) {
    const {
      regarding,
      note,
      reportingController,
      deprecatedSource,
      deprecatedCount,
      deprecatedFirstTimestamp,
      deprecatedLastTimestamp,
      ...rest
    } = object
    return withoutUndefined({
      ...rest,
      apiVersion: 'v1',
      involvedObject: regarding ?? {},
      message: note,
      reportingComponent: reportingController,
      source: deprecatedSource ?? {},
      count: deprecatedCount,
      firstTimestamp: deprecatedFirstTimestamp ?? null,
      lastTimestamp: deprecatedLastTimestamp ?? null,
    })
  },
  fromStored(object) {
    const {
      involvedObject,
      message,
      reportingComponent,
      source: from,
      count,
      firstTimestamp,
      lastTimestamp,
      ...rest
    } = object
    return withoutUndefined({
      ...rest,
      apiVersion: 'events.k8s.io/v1',
      regarding: involvedObject,
      note: message,
      deprecatedSource: from,
      deprecatedCount: count,
      deprecatedFirstTimestamp: firstTimestamp,
      deprecatedLastTimestamp: lastTimestamp,
      // this version leaves the empty ones out
      reportingController: reportingComponent || undefined,
      reportingInstance: object.reportingInstance || undefined,
    })
  },
}

function checkNewEvent(object: KubeObject, errors: FieldErrors): void {
  event.validate?.(object, errors)
  if (!object.eventTime) errors.required('eventTime')
  if (!object.reportingComponent) errors.required('reportingController')
  if (!object.reportingInstance) errors.required('reportingInstance')
  if (!object.action) errors.required('action')
  if (!object.reason) errors.required('reason')
  if (object.type !== 'Normal' && object.type !== 'Warning') {
    errors.invalid('type', '', `has invalid value: ${object.type ?? ''}`)
  }
}

function withoutUndefined(object: KubeObject): KubeObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as KubeObject
}
