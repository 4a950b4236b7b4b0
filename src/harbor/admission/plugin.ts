// What an admission plugin is: it may change or refuse an object on its way into storage.
import type { KubeObject } from '../../objects/object.ts'
import type { Resource } from '../registry.ts'
import type { User, World } from '../world.ts'

export interface Admission {
  operation: 'create' | 'update'
  resource: Resource
  object: KubeObject
  old: KubeObject | undefined
  subresource: string | undefined
  user: User | undefined
  world: World
  dryRun: boolean
  /** how many objects of this resource there are */
  held: () => number
  warn: (text: string) => void
}

export interface Plugin {
  name: string
  /** Changes `object` in place; throws a StatusError to refuse. */
  mutate?(admission: Admission): void
  /** Refuses by throwing; runs after validation, on what would be stored. */
  validate?(admission: Admission): void
}
