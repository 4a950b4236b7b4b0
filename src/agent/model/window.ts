// So many calls within so much time, for each thread: a sliding window, in this process.

/** `take` is false when the key has used up its calls of the last `ms` milliseconds. */
export function createWindow(most: number, ms: number): { take(key: string): boolean } {
  const times = new Map<string, number[]>()
  return {
    take(key) {
      const now = Date.now()
      const recent = (times.get(key) ?? []).filter((at) => now - at < ms)
      const free = recent.length < most
      if (free) recent.push(now)
      // the newest last: what is dropped is what was quiet longest
      times.delete(key)
      times.set(key, recent)
      if (times.size > 1000) for (const old of [...times.keys()].slice(0, 100)) times.delete(old)
      return free
    },
  }
}
