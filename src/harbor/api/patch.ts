// The verb patch: four kinds of patches over the same update.

import type { ResourceContext } from './context.ts'
import { methodNotAllowed } from './resources.ts'
import type { Answer } from './respond.ts'

export function patch(_context: ResourceContext): Answer {
  throw methodNotAllowed()
}
