// Holds every call to the namespaces of the task: what a model was not given it does not reach, whatever it read that told it to.
import { NotPermittedError, UsageError } from '../core/errors.ts'
import { checkNamespace } from '../kube/names.ts'
import type { ToolScope } from './tool.ts'

/** The namespace of a call; undefined: all of them. Throws when it is outside the scope. */
export function namespaceOf(scope: ToolScope, asked: string | undefined): string | undefined {
  const name = asked?.trim()
  if (name === undefined || name === '') {
    if (!scope.namespaces) return scope.namespace
    return scope.namespace ?? only(scope)
  }
  if (/^(\*|all|_all)$/i.test(name)) {
    if (scope.namespaces) throw outside(scope, 'all namespaces')
    return undefined
  }
  checkNamespace(name)
  if (scope.namespaces && !scope.namespaces.has(name)) throw outside(scope, `namespace ${name}`)
  return name
}

/** The same for calls that need exactly one. */
export function oneNamespace(scope: ToolScope, asked: string | undefined): string {
  const name = namespaceOf(scope, asked)
  if (name) return name
  throw new UsageError('a namespace is needed here: name one.')
}

export function outside(scope: ToolScope, what: string): NotPermittedError {
  const allowed = [...(scope.namespaces ?? [])].slice(0, 10).join(', ')
  return new NotPermittedError(
    `not permitted: ${what} is outside of this question, which is about ${allowed || scope.cluster.name}.`,
    what,
  )
}

function only(scope: ToolScope): string {
  const [first, second] = [...(scope.namespaces ?? [])]
  if (first && second === undefined) return first
  throw new UsageError(`a namespace is needed here: one of ${[...(scope.namespaces ?? [])].slice(0, 10).join(', ')}.`)
}
