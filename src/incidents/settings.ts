// When trouble becomes an incident, and when it is over: every threshold of the watcher, with its default.
import { z } from 'zod'
import { duration, environment, parseSettings, port, whole } from '../config.ts'

export const IncidentSettings = z.object({
  /** that many signs of one trouble within the window make an incident; a critical one does at once */
  INCIDENT_THRESHOLD: whole(3, 1, 1000),
  INCIDENT_WINDOW: duration('5m'),
  /** diagnoses, and investigations by a model, at once; the rest waits in order */
  INCIDENT_MAX_INVESTIGATIONS: whole(3, 1, 50),
  /** healthy for that long counts as recovered */
  INCIDENT_CALM: duration('30s'),
  /** trouble that no object's state shows is over when nothing was heard for that long */
  INCIDENT_QUIET: duration('10m'),
  /** the same trouble within that time after its recovery re-opens its thread instead of opening another */
  INCIDENT_REOPEN: duration('30m'),
  /** after a person resolved an incident, its signs are only counted for that long */
  INCIDENT_COOLDOWN: duration('10m'),
  /** re-opened that often, an incident counts as flapping: it goes on without further replies and must stay calm for INCIDENT_QUIET */
  INCIDENT_FLAPS: whole(3, 1, 100),
  /** while an incident lasts the checks look again after that long, then after twice as long, up to 10 minutes */
  INCIDENT_LOOK_AGAIN: duration('45s'),
  /** shortest time between two edits of a root message for nothing but numbers */
  INCIDENT_EDIT_EVERY: duration('15s'),

  /** a pod that restarted that often within WATCHDOG_RESTART_WINDOW */
  WATCHDOG_RESTARTS: whole(3, 1, 1000),
  WATCHDOG_RESTART_WINDOW: duration('10m'),
  /** containers killed for memory, per workload, within WATCHDOG_RESTART_WINDOW */
  WATCHDOG_OOM_KILLS: whole(1, 1, 1000),
  /** a pod that is not running after that long */
  WATCHDOG_PENDING: duration('5m'),
  /** a container that waits for its image, its configuration or its next try for that long */
  WATCHDOG_WAITING: duration('20s'),
  /** a pod that runs without being ready for that long */
  WATCHDOG_UNREADY: duration('10m'),
  /** a node that is not ready for that long */
  WATCHDOG_NODE: duration('20s'),
  /** propose to quarantine a workload without a ready replica after that many restarts, when nothing better is known; 0 = never */
  WATCHDOG_QUARANTINE_RESTARTS: whole(20, 0, 100_000),
  /** run all checks over each cluster that often, for what nobody reports; 0s = never */
  WATCHDOG_CHECKS_EVERY: duration('15m'),

  /** port of the webhooks for alerts; opened only when one of the secrets is set */
  INCIDENT_PORT: port(8090),
  /** `Authorization: Bearer …` that Alertmanager sends to /webhooks/alertmanager */
  ALERTMANAGER_TOKEN: z.string().min(16, 'must be at least 16 characters').optional(),
  /** the signing secret of a PagerDuty webhook (v3) for /webhooks/pagerduty */
  PAGERDUTY_WEBHOOK_SECRET: z.string().min(16, 'must be at least 16 characters').optional(),
  /** the secret that signs requests to /webhooks/signed */
  WEBHOOK_SECRET: z.string().min(16, 'must be at least 16 characters').optional(),
})
export type IncidentSettings = z.infer<typeof IncidentSettings>

/** Throws a SettingsError of one sentence per wrong value. */
export function incidentSettings(env?: Record<string, string | undefined>, dotenv?: false): IncidentSettings {
  return parseSettings(IncidentSettings, environment(env, dotenv))
}
