// Nothing is created in a namespace that does not exist or is going away.
import { forbidden, notFound, StatusError } from '../status.ts'
import type { Plugin } from './plugin.ts'

export const namespaceLifecycle: Plugin = {
  name: 'NamespaceLifecycle',
  mutate({ operation, resource, object, subresource, world }) {
    const name = object.metadata.namespace
    if (operation !== 'create' || !resource.namespaced || subresource || name === undefined) return
    const namespace = world.find('Namespace', undefined, name)
    if (!namespace) throw notFound({ plural: 'namespaces', group: '' }, name)
    if (!namespace.metadata.deletionTimestamp) return
    const why = `unable to create new content in namespace ${name} because it is being terminated`
    const error = forbidden(resource, object.metadata.name ?? '', why)
    throw new StatusError(403, 'Forbidden', error.message, {
      ...error.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${name} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    })
  },
}
