// What containers have printed: one current and one previous log per container, bounded, followable.
export interface LogLine {
  /** ms since 1970, when the line was printed */
  at: number
  text: string
}

interface ContainerRef {
  namespace: string
  pod: string
  container: string
}

export interface LogStore {
  /** Adds lines (a text with line breaks is several) to the container's current log. */
  append(ref: ContainerRef, text: string, at: number): void
  /** The container was restarted: the current log becomes the previous one; followers of the old one end. */
  rotate(ref: ContainerRef): void
  /** The container has ended for good: followers end after what is there. */
  finish(ref: ContainerRef): void
  /** The pod is gone: its logs go too, followers end. */
  remove(namespace: string, pod: string): void
  /** Puts a whole log in place (snapshot files). */
  load(ref: ContainerRef, previous: boolean, lines: LogLine[]): void
  /** The lines of the current or previous log; undefined when there never was such a log. */
  read(ref: ContainerRef, previous?: boolean): readonly LogLine[] | undefined
  /** Calls `line` for each line added from now on, `end` when no more will come; returns how to stop. */
  follow(ref: ContainerRef, line: (line: LogLine) => void, end: () => void): () => void
}

interface Follower {
  line: (line: LogLine) => void
  end: () => void
}
interface ContainerLog {
  current: LogLine[] | undefined
  previous: LogLine[] | undefined
  followers: Set<Follower>
}

// a kubelet keeps 10 MiB per container; a practice cluster with thousands of pods keeps less
const MAX_LINES = 5000

export function createLogStore(): LogStore {
  const pods = new Map<string, Map<string, ContainerLog>>()

  function logOf(ref: ContainerRef): ContainerLog {
    const podKey = `${ref.namespace}/${ref.pod}`
    const containers = pods.get(podKey) ?? new Map<string, ContainerLog>()
    pods.set(podKey, containers)
    const log = containers.get(ref.container) ?? { current: undefined, previous: undefined, followers: new Set() }
    containers.set(ref.container, log)
    return log
  }

  function endFollowers(log: ContainerLog): void {
    const followers = [...log.followers]
    log.followers.clear()
    for (const follower of followers) follower.end()
  }

  return {
    append(ref, text, at) {
      const log = logOf(ref)
      log.current ??= []
      for (const part of text.replace(/\n$/, '').split('\n')) {
        const line = { at, text: part }
        log.current.push(line)
        for (const follower of log.followers) follower.line(line)
      }
      if (log.current.length > MAX_LINES) log.current.splice(0, log.current.length - MAX_LINES)
    },
    rotate(ref) {
      const log = logOf(ref)
      log.previous = log.current ?? []
      log.current = []
      endFollowers(log)
    },
    finish: (ref) => endFollowers(logOf(ref)),
    remove(namespace, pod) {
      const key = `${namespace}/${pod}`
      for (const log of pods.get(key)?.values() ?? []) endFollowers(log)
      pods.delete(key)
    },
    load(ref, previous, lines) {
      const log = logOf(ref)
      if (previous) log.previous = lines
      else log.current = lines
    },
    read(ref, previous = false) {
      const log = pods.get(`${ref.namespace}/${ref.pod}`)?.get(ref.container)
      return previous ? log?.previous : log?.current
    },
    follow(ref, line, end) {
      const log = logOf(ref)
      const follower = { line, end }
      log.followers.add(follower)
      return () => void log.followers.delete(follower)
    },
  }
}
