// The admission chain, in the API server's order.
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import type { Plugin } from './plugin.ts'

export const PLUGINS: readonly Plugin[] = [namespaceLifecycle]
