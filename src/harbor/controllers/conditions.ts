// Conditions: one per type, whose lastTransitionTime moves only when the status does.
export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
  lastUpdateTime?: string
  lastProbeTime?: string | null
  lastHeartbeatTime?: string
  observedGeneration?: number
}

export function conditionOf(conditions: Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** Replaces the condition of this type in place or appends it; the transition time stays while the status does. */
export function withCondition(conditions: Condition[] | undefined, next: Condition, now: string): Condition[] {
  const list = conditions ?? []
  const known = conditionOf(list, next.type)
  const lastTransitionTime = known?.status === next.status ? known.lastTransitionTime : now
  const condition = { ...next, ...(lastTransitionTime ? { lastTransitionTime } : {}) }
  return known ? list.map((item) => (item === known ? condition : item)) : [...list, condition]
}

export function withoutCondition(conditions: Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type)
}
