// The admission chain, in the API server's order.
import { capacity } from './capacity.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import type { Plugin } from './plugin.ts'
import { priority, tolerationSeconds } from './pod-defaults.ts'
import { podResize } from './pod-resize.ts'
import { podSecurity } from './pod-security.ts'
import { resourceQuota } from './quota.ts'
import { rolesNotExceeded } from './roles.ts'
import { serviceAccounts } from './service-account.ts'

export const PLUGINS: readonly Plugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccounts,
  priority,
  tolerationSeconds,
  podResize,
  podSecurity,
  rolesNotExceeded,
  resourceQuota,
  capacity,
]
