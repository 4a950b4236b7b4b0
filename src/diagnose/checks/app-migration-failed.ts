// A database migration failed, or the schema does not fit: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appMigrationFailed: Check = {
  name: 'app-migration-failed',
  title: 'A database migration failed, or the schema does not fit',
  why: 'The new version cannot start, and the old one may not fit any more either.',
  fix: 'Finish or undo the migration, then start the version that fits the schema.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision'],
  run: (snapshot) => troublesOf(snapshot, 'migration'),
}
