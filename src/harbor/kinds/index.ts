// The kinds with rules of their own. A newcomer's kind: a file here, a line below, and its row in objects/kinds.ts.
import { configMap } from './configmap.ts'
import type { Conversion, KindRules } from './kind.ts'
import { namespace } from './namespace.ts'
import { pod } from './pod.ts'

export const KIND_RULES: readonly KindRules[] = [pod, namespace, configMap]

/** Further versions of kinds that are stored in another one. */
export const CONVERSIONS: readonly (Conversion & { kind: string; stored: string })[] = []
