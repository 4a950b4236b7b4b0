// Claims whose growth has failed or waits.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText, messageText } from '../look/events.ts'
import { condition } from '../look/pods.ts'
import { usersOf } from '../look/volumes.ts'
import { evidence, oneLine, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const volumeResize: Check = {
  name: 'volume-resize',
  title: 'A volume was asked to grow and has not',
  why: 'The claim shows the new size in its spec while the application still sees the old one.',
  fix: 'Restart the pod when only the file system waits; otherwise mend what the driver reports.',
  reads: ['PersistentVolumeClaim', 'Event', 'Pod'],
  run(snapshot) {
    return snapshot.list('PersistentVolumeClaim').flatMap((claim): Draft[] => {
      const wanted = claim.spec?.resources?.requests?.storage
      const has = claim.status?.capacity?.storage
      const [failed] = eventsAbout(snapshot, claim, { reason: ['VolumeResizeFailed', 'FileSystemResizeFailed'] })
      const status = Object.values(claim.status?.allocatedResourceStatuses ?? {}).map(String)
      const infeasible = status.find((text) => /Infeasible|Failed/.test(text))
      const waiting = condition(claim, 'FileSystemResizePending')
      if (!has || wanted === has || (!failed && !infeasible && waiting?.status !== 'True')) return []
      const pods = usersOf(snapshot, claim)
      const bad = failed !== undefined || infeasible !== undefined
      return [
        {
          severity: bad ? 'warning' : 'info',
          object: refOf(claim),
          depth: 'cause',
          summary: `PersistentVolumeClaim ${nameOf(claim)} should grow from ${has} to ${wanted} and has not`,
          cause: failed
            ? oneLine(messageText(failed))
            : infeasible
              ? `the driver refuses: ${infeasible}`
              : `the file system grows when a pod mounts the volume anew${pods.length > 0 ? ` (mounted by ${some(pods.map((pod) => pod.metadata.name))})` : ''}`,
          evidence: [
            evidence('status', claim, `requested ${wanted}, capacity ${has}`),
            ...(failed ? [evidence('event', claim, eventText(failed))] : []),
          ],
          remedy: bad
            ? 'Mend what the driver reports, or ask for a size it can give.'
            : `Restart the pod that mounts ${claim.metadata.name}.`,
        },
      ]
    })
  },
}
