// Causes that lie outside of the workload they were found on: whoever suffers from the same one has the same trouble.
import type { Finding } from '../core/finding.ts'

interface Shape {
  checks: readonly string[]
  /** its first group names what is shared */
  says: RegExp
  /** the same words in another namespace mean something else */
  perNamespace: boolean
}

const SHAPES: readonly Shape[] = [
  {
    checks: ['image-pull'],
    says: /^(registry \S{1,200} (?:limits pulls|has a certificate|cannot be reached))/,
    perNamespace: false,
  },
  {
    checks: ['image-pull'],
    says: /^(no imagePullSecret is set for \S{1,200}|the login in imagePullSecret [^"]{1,300} is not accepted|imagePullSecret \S{1,253} (?:does not exist|is of type))/,
    perNamespace: true,
  },
  { checks: ['image-pull'], says: /^(node \S{1,253} has no disk space)/, perNamespace: false },
  {
    checks: ['app-cannot-connect', 'app-dns-failure', 'app-tls-failure', 'app-auth-rejected', 'app-pool-exhausted'],
    says: /([a-z0-9][a-z0-9.-]{2,250}:\d{2,5})/,
    perNamespace: true,
  },
]

/** What this finding shares with others of its kind; undefined when its cause is its own, or an object that says so already. */
export function sharedCause(finding: Pick<Finding, 'check' | 'cause' | 'object'>): string | undefined {
  for (const { checks, says, perNamespace } of SHAPES) {
    if (!checks.includes(finding.check)) continue
    const found = says.exec(finding.cause.slice(0, 2000))?.[1]
    if (found) return `${finding.check}: ${found}${perNamespace ? ` in ${finding.object.namespace ?? ''}` : ''}`
  }
  return undefined
}
