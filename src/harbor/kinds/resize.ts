// The subresource resize of pods: cpu and memory of running containers, and nothing else of the pod.
import type { KubeObject } from '../../objects/object.ts'
import type { FieldErrors } from '../invalid.ts'
import { copy, type Json, same } from '../plain.ts'
import type { Part } from './kind.ts'
import { qosClass } from './pod-spec.ts'

const LISTS = ['containers', 'initContainers']
const RESIZABLE = ['cpu', 'memory']

export const resize: Part = {
  of(draft, old) {
    const whole = copy(old) as KubeObject
    for (const list of LISTS) {
      const wanted = new Map<string, Json>(draft.spec?.[list]?.map((container: Json) => [container.name, container]))
      for (const container of whole.spec[list] ?? []) {
        const resources = wanted.get(container.name)?.resources
        if (wanted.has(container.name)) container.resources = resources ?? {}
      }
    }
    return whole
  },
  validate({ spec }, old, errors) {
    for (const list of LISTS)
      (spec[list] ?? []).forEach((container: Json, at: number) =>
        checkKept(container.resources, old.spec[list][at].resources, `spec.${list}[${at}].resources`, errors),
      )
    if (!same(fixed(spec), fixed(old.spec))) errors.forbidden('spec', 'only cpu and memory resources are mutable')
    const before = qosClass(old.spec)
    if (qosClass(spec) !== before)
      errors.invalid('spec', before, 'Pod QOS Class may not change as a result of resizing')
  },
}

function checkKept(now: Json, before: Json, field: string, errors: FieldErrors): void {
  for (const kind of ['limits', 'requests']) {
    const isGone = RESIZABLE.some((name) => before?.[kind]?.[name] !== undefined && now?.[kind]?.[name] === undefined)
    if (isGone) errors.forbidden(`${field}.${kind}`, `resource ${kind} cannot be removed`)
  }
}

/** What cannot be resized. */
function fixed(spec: Json): Json {
  const rest = (amounts: Json) => Object.entries(amounts ?? {}).filter(([name]) => !RESIZABLE.includes(name))
  return LISTS.flatMap((list) =>
    (spec[list] ?? []).map(({ resources }: Json) => [
      rest(resources?.limits),
      rest(resources?.requests),
      resources?.claims,
    ]),
  )
}
