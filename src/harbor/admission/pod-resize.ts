// A running pod may not be made larger than its node.
import { amountsOf, requestsOf } from '../controllers/scheduler/demand.ts'
import { forbidden } from '../status.ts'
import type { Plugin } from './plugin.ts'

// as the API counts them: thousandths of a core, and bytes
const UNITS = { cpu: 1000, memory: 1 }

export const podResize: Plugin = {
  name: 'PodResize',
  validate({ resource, object, subresource, world }) {
    if (resource.id !== 'pods' || subresource !== 'resize' || !object.spec.nodeName) return
    const node = world.find('Node', undefined, object.spec.nodeName)
    if (!node) return
    const [wanted, has] = [requestsOf(object), amountsOf(node.status?.allocatable)]
    for (const [name, unit] of Object.entries(UNITS)) {
      const [requested, allocatable] = [wanted[name] ?? 0, has[name] ?? 0].map((amount) => Math.round(amount * unit))
      if ((requested ?? 0) <= (allocatable ?? 0)) continue
      const why = `node didn't have enough allocatable resources: ${name}, requested: ${requested}, allocatable: ${allocatable}`
      throw forbidden(resource, object.metadata.name, why)
    }
  },
}
