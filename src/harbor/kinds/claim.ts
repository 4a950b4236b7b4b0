import { type Json, same } from '../plain.ts'
import { compareQuantities } from '../schema/quantity.ts'
import { AGE_COLUMN, column, NAME_COLUMN, wide } from './columns.ts'
import type { KindRules } from './kind.ts'

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const SHORT: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

export function defaultClaimSpec(spec: Json): void {
  spec.volumeMode ??= 'Filesystem'
}

export function accessModesText(modes: string[] | undefined): string {
  return (modes ?? []).map((mode) => SHORT[mode] ?? mode).join(',')
}

export const persistentVolumeClaim: KindRules = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  status: true,
  returnDeleted: true,
  defaults(draft) {
    draft.spec ??= {}
    defaultClaimSpec(draft.spec)
  },
  defaultStatus(draft) {
    draft.status ??= {}
    draft.status.phase ??= 'Pending'
  },
  prepareCreate(draft, world) {
    draft.status = { phase: 'Pending' }
    draft.metadata.finalizers = [...new Set([...(draft.metadata.finalizers ?? []), 'kubernetes.io/pvc-protection'])]
    if (draft.spec.storageClassName !== undefined) return
    const standard = world
      .list('StorageClass')
      .find((item) => item.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true')
    if (standard) draft.spec.storageClassName = standard.metadata.name
  },
  validate(object, errors) {
    const { spec } = object
    if (!spec.accessModes?.length) errors.required('spec.accessModes', 'at least 1 access mode is required')
    for (const mode of spec.accessModes ?? []) {
      if (!MODES.includes(mode)) errors.notSupported('spec.accessModes', mode, MODES)
    }
    const storage = spec.resources?.requests?.storage
    if (storage === undefined) errors.required('spec.resources[storage]')
    else if (compareQuantities(storage, '0') <= 0) {
      errors.invalid('spec.resources[storage]', storage, 'must be greater than zero')
    }
  },
  validateUpdate(object, old, errors) {
    const rest = ({ resources: _r, volumeName: _v, volumeAttributesClassName: _c, ...spec }: Json) => spec
    if (same(rest(object.spec), rest(old.spec))) return
    errors.forbidden(
      'spec',
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    )
  },
  columns: [
    NAME_COLUMN,
    column('Status', 'V1PersistentVolumeClaimStatus.phase', (object) => {
      return object.metadata.deletionTimestamp ? 'Terminating' : (object.status?.phase ?? '')
    }),
    column('Volume', 'V1PersistentVolumeClaimSpec.volumeName', (object) => object.spec?.volumeName ?? ''),
    column('Capacity', 'V1PersistentVolumeClaimStatus.capacity', (object) => {
      return object.spec?.volumeName ? (object.status?.capacity?.storage ?? '') : ''
    }),
    column('Access Modes', 'V1PersistentVolumeClaimStatus.accessModes', (object) => {
      return object.spec?.volumeName ? accessModesText(object.status?.accessModes) : ''
    }),
    column('StorageClass', 'StorageClass of the pvc', (object) => object.spec?.storageClassName ?? ''),
    column('VolumeAttributesClass', 'VolumeAttributesClass of the pvc', (object) => {
      return object.spec?.volumeAttributesClassName ?? '<unset>'
    }),
    AGE_COLUMN,
    wide(
      column(
        'VolumeMode',
        'volumeMode defines what type of volume is required by the claim. Value of Filesystem is implied when not included in claim spec.',
        (object) => object.spec?.volumeMode ?? '<unset>',
      ),
    ),
  ],
}
