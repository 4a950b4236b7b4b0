// The way back of a delete: the same object created anew, from what the step recorded, without what the server had added.
import type { Action } from '../core/action.ts'
import type { Step } from '../core/plan.ts'
import { isRecord } from './requests.ts'

// what these held is gone with them, and a new one of the same name would only look like the old one; a Job would run again
const NO_WAY_BACK = new Set([
  'Namespace',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Node',
  'Secret',
  'Pod',
  'Job',
  'CustomResourceDefinition',
])
const SERVER_FIELDS = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'deletionTimestamp',
  'selfLink',
]

export function recreated(steps: readonly Step[]): Action | undefined {
  const [step] = steps
  const before = step?.changes[0]?.before
  if (!step || !before || NO_WAY_BACK.has(step.object.kind)) return undefined
  const manifest = parse(before)
  if (!manifest || !isRecord(manifest.metadata)) return undefined
  const metadata = Object.fromEntries(Object.entries(manifest.metadata).filter(([key]) => !SERVER_FIELDS.includes(key)))
  const { status: _status, ...rest } = manifest
  return { verb: 'create', manifest: { ...rest, metadata } }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    // it was cut, or never recorded
    return undefined
  }
}
