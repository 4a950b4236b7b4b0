// What Deployments, ReplicaSets, StatefulSets, DaemonSets and Jobs share: selector and template.
import type { KubeObject } from '../../objects/object.ts'
import { type LabelSelector, matchesSelector } from '../../objects/selector.ts'
import type { FieldErrors } from '../invalid.ts'
import { type Json, same } from '../plain.ts'
import { checkPodTemplate } from './pod-checks.ts'

/** `restart`: the restart policies that the kind allows, when not all. */
export function checkSelectorAndTemplate(object: KubeObject, errors: FieldErrors): void {
  const { selector, template } = object.spec
  const empty =
    !selector || Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0
  if (!selector) errors.required('spec.selector')
  else checkSelector(selector, 'spec.selector', errors)
  if (selector && empty) errors.invalid('spec.selector', selector, 'empty selector is invalid for deployment')
  const labels = template?.metadata?.labels
  if (!selector || (!empty && !matchesSelector(selector, labels))) {
    errors.invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')
  }
  checkPodTemplate(template ?? {}, 'spec.template', errors)
  const policy = template?.spec?.restartPolicy
  if (policy === 'OnFailure' || policy === 'Never') {
    errors.notSupported('spec.template.spec.restartPolicy', policy, ['Always'])
  }
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist']

export function checkSelector(selector: LabelSelector, field: string, errors: FieldErrors): void {
  for (const [index, { operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const at = `${field}.matchExpressions[${index}]`
    if (!OPERATORS.includes(operator)) errors.invalid(`${at}.operator`, operator ?? '', 'not a valid selector operator')
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
      errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
    }
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
      errors.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    }
  }
}

export function checkReplicas(replicas: unknown, field: string, errors: FieldErrors): void {
  checkNotNegative(replicas, field, errors)
}

export function checkNotNegative(value: unknown, field: string, errors: FieldErrors): void {
  if (typeof value === 'number' && value < 0) errors.invalid(field, value, 'must be greater than or equal to 0')
}

export function checkUnchanged(field: string, value: Json, old: Json, errors: FieldErrors): void {
  if (!same(value, old)) errors.invalid(field, value ?? null, 'field is immutable')
}

export function template(object: KubeObject): KubeObject | undefined {
  return object.spec?.template
}
