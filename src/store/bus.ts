// Publish and subscribe over one connection of its own, opened when the first listener comes.
import type { Redis } from 'ioredis'
import type { Store } from './store.ts'

export function createBus(
  redis: Redis,
  connect: () => Redis,
  key: (name: string) => string,
): Pick<Store, 'publish' | 'subscribe'> {
  const listeners = new Map<string, Set<(message: string) => void>>()
  let subscriber: Redis | undefined

  function open(): Redis {
    if (subscriber) return subscriber
    subscriber = connect()
    subscriber.on('message', (channel, message) => {
      for (const listener of listeners.get(channel) ?? []) listener(message)
    })
    return subscriber
  }

  return {
    async publish(channel, message) {
      await redis.publish(key(channel), message)
    },
    async subscribe(channel, listener) {
      const name = key(channel)
      // each call is a subscription of its own, also when two of them share a function
      const own = (message: string) => listener(message)
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set.add(own))
      await open().subscribe(name)
      return async () => {
        set.delete(own)
        if (set.size > 0 || listeners.get(name) !== set) return
        listeners.delete(name)
        await subscriber?.unsubscribe(name)
      }
    },
  }
}
