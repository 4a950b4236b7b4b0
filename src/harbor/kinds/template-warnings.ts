// Warnings about pod specs that are accepted but probably not meant.
import type { Json } from '../plain.ts'

/** `at` is the path of the template ("spec.template"), '' for a pod itself. */
export function templateWarnings(metadata: Json, spec: Json, at: string): string[] {
  const prefix = at ? `${at}.` : ''
  const warnings: string[] = []
  for (const key of Object.keys(metadata?.annotations ?? {})) {
    if (key.startsWith('container.apparmor.security.beta.kubernetes.io/')) {
      warnings.push(
        `${prefix}metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
      )
    }
  }
  for (const list of ['initContainers', 'containers']) {
    for (const [index, container] of (spec?.[list] ?? []).entries()) {
      warnings.push(...duplicateEnv(container.env ?? [], `${prefix}spec.${list}[${index}].env`))
    }
  }
  return warnings
}

function duplicateEnv(env: Json[], field: string): string[] {
  const seen = new Set<string>()
  return env.flatMap((entry, index) => {
    const again = seen.has(entry.name)
    seen.add(entry.name)
    return again
      ? [`${field}[${index}]: hides previous definition of "${entry.name}", which may be dropped when using apply`]
      : []
  })
}
