// A practice cluster lives in memory: what a runaway controller or client may fill is bounded.
import { forbidden } from '../status.ts'
import type { Plugin } from './plugin.ts'

const MAX_PODS = 10_000
const MAX_OTHERS = 50_000

export const capacity: Plugin = {
  name: 'PracticeClusterCapacity',
  validate({ operation, resource, object, held }) {
    if (operation !== 'create') return
    const most = resource.id === 'pods' ? MAX_PODS : MAX_OTHERS
    if (held() < most) return
    throw forbidden(resource, object.metadata.name, `the practice cluster holds at most ${most} ${resource.plural}`)
  },
}
