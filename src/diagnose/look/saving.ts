// What a finding about waste would give back: written once as evidence that people and programs both read.
import type { Evidence, Finding } from '../../core/finding.ts'
import type { ObjectRef } from '../../core/ref.ts'
import { formatBytes, formatCpu, parseQuantity } from '../../objects/quantity.ts'

export interface Saving {
  /** cores */
  cpu: number
  /** bytes */
  memory: number
  /** bytes of disk */
  storage: number
}

export function savingEvidence(object: ObjectRef, saving: Partial<Saving>): Evidence {
  const parts = [
    ...(saving.cpu ? [`cpu ${formatCpu(saving.cpu)}`] : []),
    ...(saving.memory ? [`memory ${formatBytes(saving.memory)}`] : []),
    ...(saving.storage ? [`storage ${formatBytes(saving.storage)}`] : []),
  ]
  return { source: 'spec', object, text: `saving: ${parts.join(', ') || 'one object less'}` }
}

/** Reads it back; zeros when the finding carries none. */
export function savingOf(finding: Pick<Finding, 'evidence'>): Saving {
  const saving: Saving = { cpu: 0, memory: 0, storage: 0 }
  for (const { text } of finding.evidence) {
    if (!text.startsWith('saving: ')) continue
    for (const part of text.slice('saving: '.length).split(', ')) {
      const [name = '', amount] = part.split(' ')
      if (name === 'cpu' || name === 'memory' || name === 'storage') saving[name] += parseQuantity(amount) ?? 0
    }
  }
  return saving
}
