// Validation of where a pod may run, as whom, and what it is called there.
import type { FieldErrors } from '../invalid.ts'
import { checkLabels, isLabelName, LABEL_RULE } from '../names.ts'
import type { Json } from '../plain.ts'

const MAX_ID = 2147483647

export function checkPlacement(spec: Json, field: string, errors: FieldErrors): void {
  checkLabels(spec.nodeSelector, `${field}.nodeSelector`, errors)
  for (const id of ['fsGroup', 'runAsUser', 'runAsGroup']) {
    checkId(spec.securityContext?.[id], `${field}.securityContext.${id}`, errors)
  }
  for (const name of ['hostname', 'subdomain']) {
    if (spec[name] && !isLabelName(spec[name])) errors.invalid(`${field}.${name}`, spec[name], LABEL_RULE)
  }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required && !required.nodeSelectorTerms?.length) {
    const at = `${field}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`
    errors.required(at, 'must have at least one node selector term')
  }
  checkTolerations(spec.tolerations ?? [], `${field}.tolerations`, errors)
  checkSpread(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`, errors)
}

export function checkId(value: unknown, field: string, errors: FieldErrors): void {
  if (typeof value !== 'number' || (value >= 0 && value <= MAX_ID)) return
  errors.invalid(field, value, `must be between 0 and ${MAX_ID}, inclusive`)
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function checkTolerations(tolerations: Json[], field: string, errors: FieldErrors): void {
  for (const [index, { key, operator, value, effect, tolerationSeconds }] of tolerations.entries()) {
    const at = `${field}[${index}]`
    if (!key && operator !== 'Exists') {
      const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
      errors.invalid(`${at}.operator`, operator ?? '', why)
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.invalid(`${at}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set")
    }
    // Gt and Lt compare numbers, where the cluster allows it
    if (operator && !['Equal', 'Exists', 'Gt', 'Lt'].includes(operator)) {
      errors.notSupported(`${at}.operator`, operator, ['Equal', 'Exists'])
    }
    if (operator === 'Exists' && value) {
      errors.invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'")
    }
    if (effect && !EFFECTS.includes(effect)) errors.notSupported(`${at}.effect`, effect, EFFECTS)
  }
}

const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway']

function checkSpread(constraints: Json[], field: string, errors: FieldErrors): void {
  for (const [index, { maxSkew, topologyKey, whenUnsatisfiable }] of constraints.entries()) {
    const at = `${field}[${index}]`
    if (!(maxSkew > 0)) errors.invalid(`${at}.maxSkew`, maxSkew ?? 0, 'must be greater than zero')
    if (!topologyKey) errors.required(`${at}.topologyKey`, 'can not be empty')
    if (!UNSATISFIABLE.includes(whenUnsatisfiable)) {
      errors.notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable ?? '', UNSATISFIABLE)
    }
  }
}
