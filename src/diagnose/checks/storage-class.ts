// StorageClasses that contradict each other, or none that is the default: worth knowing before it hurts.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { defaultClasses } from '../look/volumes.ts'
import { evidence, some } from '../look/words.ts'

export const storageClass: Check = {
  name: 'storage-class',
  title: 'Several StorageClasses are marked as default',
  why: 'A claim without a class then gets the newest of them, which may not be the one that is meant.',
  fix: 'Keep the annotation storageclass.kubernetes.io/is-default-class on one class only.',
  reads: ['StorageClass'],
  run(snapshot) {
    const defaults = defaultClasses(snapshot)
    const [first] = defaults
    if (!first || defaults.length < 2) return []
    const names = some(defaults.map((entry) => entry.metadata.name))
    return [
      {
        severity: 'info',
        object: refOf(first),
        depth: 'cause',
        summary: `${defaults.length} StorageClasses are marked as default: ${names}`,
        cause: 'a claim without storageClassName gets the one that was created last',
        evidence: defaults.slice(0, 4).map((entry) => evidence('spec', entry, 'is-default-class: "true"')),
        remedy: `Remove the annotation from all of ${names} but one.`,
      } satisfies Draft,
    ]
  },
}
