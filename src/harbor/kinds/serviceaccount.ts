import { AGE_COLUMN, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

export const serviceAccount: KindRules = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  returnDeleted: true,
  subresources: {
    token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  },
  columns: [NAME_COLUMN, AGE_COLUMN],
}
