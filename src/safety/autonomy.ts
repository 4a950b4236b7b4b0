// Level × tier: what runs by policy, what is asked, what is denied.
import type { Level, Tier, Verdict } from '../core/plan.ts'

/** Rows of SAFETY.md §3. At L0 observe is allowed too: its answers are deterministic, the model has no tools. */
const MATRIX: Record<Level, Record<Tier, Verdict>> = {
  L0: { 0: 'allow', 5: 'deny', 6: 'deny', 7: 'deny', 9: 'deny' },
  L1: { 0: 'allow', 5: 'ask', 6: 'ask', 7: 'ask', 9: 'ask' },
  L2: { 0: 'allow', 5: 'allow', 6: 'allow', 7: 'ask', 9: 'ask' },
  L3: { 0: 'allow', 5: 'allow', 6: 'allow', 7: 'allow', 9: 'ask' },
  L4: { 0: 'allow', 5: 'allow', 6: 'allow', 7: 'allow', 9: 'allow' },
}

export function verdictAt(level: Level, tier: Tier): Verdict {
  return MATRIX[level][tier]
}

function lowest(levels: readonly Level[]): Level | undefined {
  return levels.reduce<Level | undefined>((low, level) => (low === undefined || level < low ? level : low), undefined)
}

export interface Autonomy {
  /** of everything that has no level of its own, and of cluster-scoped objects */
  level: Level
  max: Level
  /** namespace → its own level, which replaces the default */
  namespaces: ReadonlyMap<string, Level>
}

/**
 * The level that counts for a plan: the lowest of the namespaces it touches (`undefined` stands for a cluster-scoped object),
 * capped by `max`.
 */
export function levelFor(autonomy: Autonomy, touched: readonly (string | undefined)[]): Level {
  const levels = touched.map((namespace) =>
    namespace === undefined ? autonomy.level : (autonomy.namespaces.get(namespace) ?? autonomy.level),
  )
  return lowest([autonomy.max, ...(levels.length > 0 ? levels : [autonomy.level])]) ?? 'L0'
}

/** May a person with these rights move the level from one to another? Raising needs an admin; lowering any approver may do. */
export function mayMove(from: Level, to: Level, who: { admin: boolean; approver: boolean }): boolean {
  return to > from ? who.admin : who.admin || who.approver
}
