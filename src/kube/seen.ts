// What a watch remembers so that nothing is delivered twice: the last resource version, and for state also which objects there are.
import type { KubeObject } from '../objects/object.ts'

export interface Seen {
  resourceVersion: string
  mustList: boolean
  /** nothing was ever seen and nothing old is wanted */
  skipsFirstList: boolean
  resume(resourceVersion: string | undefined): void
  /** the server no longer knows our resource version */
  expire(): void
  listed(resourceVersion: string): void
  follow(type: string, object: KubeObject): void
  beginList(): ListRound
}

interface ListRound {
  /** how this object differs from what was seen; undefined when it does not */
  look(object: KubeObject): 'added' | 'modified' | undefined
  gone(): { namespace: string | undefined; name: string; uid: string }[]
  /** forget the past, once everything was handled */
  commit(resourceVersion: string): void
}

/** `now` remembers one number, `all` some hundred bytes for every object. */
export function createSeen(from: 'now' | 'all'): Seen {
  // uid → `version namespace/name`: one string is half the memory of an object
  let known = new Map<string, string>()
  const seen: Seen = {
    resourceVersion: '',
    mustList: true,
    skipsFirstList: from === 'now',
    resume(resourceVersion) {
      if (!resourceVersion) return
      seen.listed(resourceVersion)
      // who remembers objects has none to compare with yet
      if (from === 'all') seen.mustList = true
    },
    expire() {
      seen.mustList = true
    },
    listed(resourceVersion) {
      seen.resourceVersion = resourceVersion
      seen.mustList = false
      seen.skipsFirstList = false
    },
    follow(type, object) {
      const { resourceVersion, uid } = object.metadata ?? {}
      if (resourceVersion) seen.resourceVersion = resourceVersion
      if (from === 'now' || !uid || type === 'BOOKMARK') return
      if (type === 'DELETED') known.delete(uid)
      else known.set(uid, entryOf(object))
    },
    beginList() {
      const before = seen.resourceVersion
      const present = new Map<string, string>()
      return {
        look(object) {
          const { uid = '', resourceVersion = '' } = object.metadata
          if (from === 'now') return newer(resourceVersion, before) ? 'modified' : undefined
          const entry = entryOf(object)
          present.set(uid, entry)
          const old = known.get(uid)
          if (old === undefined) return 'added'
          return old === entry ? undefined : 'modified'
        },
        gone() {
          return [...known].filter(([uid]) => !present.has(uid)).map(([uid, entry]) => ({ ...nameOf(entry), uid }))
        },
        commit(resourceVersion) {
          if (from === 'all') known = present
          seen.listed(resourceVersion)
        },
      }
    },
  }
  return seen
}

/** Resource versions of one kind are numbers that grow (Kubernetes 1.35 says so); of anything else nothing can be said. */
function newer(version: string, than: string): boolean {
  if (!/^\d{1,20}$/.test(version) || !/^\d{1,20}$/.test(than)) return false
  return BigInt(version) > BigInt(than)
}

function entryOf(object: KubeObject): string {
  return `${object.metadata.resourceVersion ?? ''} ${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

function nameOf(entry: string): { namespace: string | undefined; name: string } {
  const [, path = ''] = entry.split(' ')
  const slash = path.indexOf('/')
  return { namespace: path.slice(0, slash) || undefined, name: path.slice(slash + 1) }
}
