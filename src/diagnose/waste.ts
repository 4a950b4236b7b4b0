// Wasted spend, told without a model: the checks that look for it, their findings by what they would give back, and the sum.
import type { Finding } from '../core/finding.ts'
import { formatBytes, formatCpu } from '../objects/quantity.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import type { Check } from './check.ts'
import { CHECKS } from './checks/index.ts'
import { diagnose } from './index.ts'
import { type Saving, savingOf } from './look/saving.ts'

export interface Waste {
  /** the largest saving first */
  findings: Finding[]
  total: Saving
  /** "2.5 CPU, 6Gi memory, 120Gi storage over 9 findings" */
  summary: string
  partial: string[]
}

export function isWaste(check: Pick<Check, 'name'>): boolean {
  return check.name.startsWith('waste-')
}

/** Runs the waste checks alone; with `namespace`, only what is wasted there. */
export function waste(snapshot: Snapshot, namespace?: string): Waste {
  const checks = CHECKS.filter(isWaste)
  const { findings, partial } = diagnose(snapshot, { checks, ...(namespace === undefined ? {} : { namespace }) })
  const ranked = bySaving(findings)
  const total: Saving = { cpu: 0, memory: 0, storage: 0 }
  for (const finding of ranked) {
    const saving = savingOf(finding)
    total.cpu += saving.cpu
    total.memory += saving.memory
    total.storage += saving.storage
  }
  return { findings: ranked, total, summary: summaryOf(total, ranked.length), partial }
}

/** Largest first: a core counts like 4 GiB of memory or 40 GiB of disk, as clouds roughly price them. */
export function bySaving(findings: readonly Finding[]): Finding[] {
  const worth = new Map(findings.map((finding) => [finding, worthOf(savingOf(finding))]))
  return [...findings].sort((a, b) => (worth.get(b) ?? 0) - (worth.get(a) ?? 0))
}

const GIB = 2 ** 30

function worthOf({ cpu, memory, storage }: Saving): number {
  return cpu + memory / (4 * GIB) + storage / (40 * GIB)
}

function summaryOf({ cpu, memory, storage }: Saving, findings: number): string {
  if (findings === 0) return 'nothing wasted was found'
  const parts = [
    ...(cpu > 0 ? [`${formatCpu(cpu)} CPU`] : []),
    ...(memory > 0 ? [`${formatBytes(memory)} memory`] : []),
    ...(storage > 0 ? [`${formatBytes(storage)} storage`] : []),
  ]
  return `${parts.join(', ') || 'leftover objects'} over ${findings} ${findings === 1 ? 'finding' : 'findings'}`
}
