// Kinds with a rule or two each.
import { AGE_COLUMN, column, count, NAME_COLUMN, selectorColumn, templateColumns } from './columns.ts'
import type { KindRules } from './kind.ts'
import { defaultPodTemplate } from './pod-spec.ts'
import { checkReplicas, template } from './workload.ts'

const replicationController: KindRules = {
  apiVersion: 'v1',
  kind: 'ReplicationController',
  status: true,
  generation: true,
  orphanByDefault: true,
  scale: { spec: 'spec.replicas', status: 'status.replicas', selector: 'spec.selector' },
  defaults(draft) {
    draft.spec ??= {}
    draft.spec.replicas ??= 1
    draft.spec.template ??= {}
    defaultPodTemplate(draft.spec.template)
    draft.spec.selector ??= draft.spec.template.metadata.labels
  },
  defaultStatus(draft) {
    draft.status ??= { replicas: 0 }
  },
  prepareCreate(draft) {
    draft.status = { replicas: 0 }
  },
  validate(object, errors) {
    checkReplicas(object.spec.replicas, 'spec.replicas', errors)
  },
  columns: [
    NAME_COLUMN,
    count('Desired', 'V1ReplicationControllerSpec.replicas', (object) => object.spec?.replicas),
    count('Current', 'V1ReplicationControllerStatus.replicas', (object) => object.status?.replicas),
    count('Ready', 'V1ReplicationControllerStatus.readyReplicas', (object) => object.status?.readyReplicas),
    AGE_COLUMN,
    ...templateColumns(template),
    selectorColumn('V1ReplicationControllerSpec.selector'),
  ],
}

const controllerRevision: KindRules = {
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  columns: [
    NAME_COLUMN,
    column('Controller', 'Controller of the object', ({ metadata }) => {
      const owner = metadata.ownerReferences?.find((reference) => reference.controller)
      const group = owner?.apiVersion.split('/')[0]
      return owner ? `${owner.kind.toLowerCase()}.${group}/${owner.name}` : '<none>'
    }),
    column('Revision', 'V1ControllerRevision.revision', (object) => object.revision ?? 0),
    AGE_COLUMN,
  ],
}

const ingressClass: KindRules = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  generation: true,
  columns: [
    NAME_COLUMN,
    column(
      'Controller',
      'Controller that is responsible for handling this class',
      ({ spec }) => spec?.controller ?? '',
    ),
    column('Parameters', 'A reference to a resource with additional parameters', ({ spec }) => {
      const to = spec?.parameters
      return to ? `${to.kind}${to.apiGroup ? `.${to.apiGroup}` : ''}/${to.name}` : '<none>'
    }),
    AGE_COLUMN,
  ],
}

const apiService: KindRules = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  status: true,
  columns: [
    NAME_COLUMN,
    column('Service', 'The reference to the service that hosts this API endpoint.', ({ spec }) => {
      return spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local'
    }),
    column('Available', 'Whether this service is available.', ({ status }) => {
      // biome-ignore lint/suspicious/noExplicitAny: a condition
      const ready = (status?.conditions ?? []).find((condition: any) => condition.type === 'Available')
      if (!ready) return 'Unknown'
      return ready.status === 'True' ? 'True' : `${ready.status} (${ready.reason})`
    }),
    AGE_COLUMN,
  ],
}

const webhooks: KindRules[] = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].map((kind) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  generation: true,
  columns: [
    NAME_COLUMN,
    column('Webhooks', 'Webhooks indicates the number of webhooks defined in this configuration', (object) => {
      return object.webhooks?.length ?? 0
    }),
    AGE_COLUMN,
  ],
}))

const certificateRequest: KindRules = {
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  status: true,
  subresources: { approval: { kind: 'CertificateSigningRequest', verbs: ['get', 'patch', 'update'] } },
}

const statusOnly: KindRules[] = [
  ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
  ['flowcontrol.apiserver.k8s.io/v1', 'FlowSchema'],
  ['flowcontrol.apiserver.k8s.io/v1', 'PriorityLevelConfiguration'],
  ['storage.k8s.io/v1', 'VolumeAttachment'],
  ['networking.k8s.io/v1', 'ServiceCIDR'],
].map(([apiVersion = '', kind = '']) => ({ apiVersion, kind, status: true }))

const componentStatus: KindRules = { apiVersion: 'v1', kind: 'ComponentStatus', verbs: ['get', 'list'] }

export const otherKinds: KindRules[] = [
  replicationController,
  controllerRevision,
  ingressClass,
  apiService,
  ...webhooks,
  certificateRequest,
  ...statusOnly,
  componentStatus,
]
