// The sources of alerts.
import { alertmanager } from './alertmanager.ts'
import type { AlertDoor } from './door.ts'
import { pagerduty } from './pagerduty.ts'
import { signed } from './signed.ts'

export const ALERT_DOORS: readonly AlertDoor[] = [alertmanager, pagerduty, signed]
