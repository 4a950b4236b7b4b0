import { accessModesText } from './claim.ts'
import { AGE_COLUMN, column, NAME_COLUMN, wide } from './columns.ts'
import type { KindRules } from './kind.ts'

export const persistentVolume: KindRules = {
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  status: true,
  returnDeleted: true,
  defaults(draft) {
    draft.spec ??= {}
    draft.spec.persistentVolumeReclaimPolicy ??= 'Retain'
    draft.spec.volumeMode ??= 'Filesystem'
  },
  defaultStatus(draft) {
    draft.status ??= {}
    draft.status.phase ??= 'Pending'
  },
  prepareCreate(draft) {
    draft.status = { phase: 'Pending' }
    draft.metadata.finalizers = [...new Set([...(draft.metadata.finalizers ?? []), 'kubernetes.io/pv-protection'])]
  },
  validate({ spec }, errors) {
    if (!spec.accessModes?.length) errors.required('spec.accessModes')
    if (!spec.capacity?.storage) errors.required('spec.capacity')
  },
  columns: [
    NAME_COLUMN,
    column('Capacity', 'V1PersistentVolumeSpec.capacity', ({ spec }) => spec?.capacity?.storage ?? ''),
    column('Access Modes', 'V1PersistentVolumeSpec.accessModes', ({ spec }) => accessModesText(spec?.accessModes)),
    column('Reclaim Policy', 'V1PersistentVolumeSpec.persistentVolumeReclaimPolicy', ({ spec }) => {
      return spec?.persistentVolumeReclaimPolicy ?? ''
    }),
    column('Status', 'V1PersistentVolumeStatus.phase', ({ status, metadata }) => {
      return metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')
    }),
    column('Claim', 'V1PersistentVolumeSpec.claimRef', ({ spec }) => {
      return spec?.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : ''
    }),
    column('StorageClass', 'StorageClass of the pv', ({ spec }) => spec?.storageClassName ?? ''),
    column('VolumeAttributesClass', 'VolumeAttributesClass of the pv', ({ spec }) => {
      return spec?.volumeAttributesClassName ?? '<unset>'
    }),
    column('Reason', 'V1PersistentVolumeStatus.reason', ({ status }) => status?.reason ?? ''),
    AGE_COLUMN,
    wide(column('VolumeMode', 'V1PersistentVolumeSpec.volumeMode', ({ spec }) => spec?.volumeMode ?? '<unset>')),
  ],
}

export const storageClass: KindRules = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  defaults(draft) {
    draft.reclaimPolicy ??= 'Delete'
    draft.volumeBindingMode ??= 'Immediate'
  },
  validate(object, errors) {
    if (!object.provisioner) errors.required('provisioner')
  },
  columns: [
    {
      ...NAME_COLUMN,
      value: ({ metadata }) => {
        const standard = metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
        return standard ? `${metadata.name} (default)` : metadata.name
      },
    },
    column('Provisioner', 'V1StorageClass.provisioner', (object) => object.provisioner ?? ''),
    column('ReclaimPolicy', 'V1StorageClass.reclaimPolicy', (object) => object.reclaimPolicy ?? 'Delete'),
    column('VolumeBindingMode', 'V1StorageClass.volumeBindingMode', (object) => object.volumeBindingMode ?? '<unset>'),
    column('AllowVolumeExpansion', 'V1StorageClass.allowVolumeExpansion', (object) => {
      return object.allowVolumeExpansion ?? '<unset>'
    }),
    AGE_COLUMN,
  ],
}
