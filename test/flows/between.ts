// A wire between a cluster and whoever watches it: cut, so that the API server is gone, or mended after its history was compacted.
import { answerWith, startWire } from './wire.ts'

export interface Between {
  url: string
  /** watches begun so far, by path */
  watches: string[]
  /** every connection breaks, no new one is answered */
  cut(): void
  /** `compacted`: the next watch of each kind that resumes is told that its resource version is too old (410) */
  mend(options?: { compacted?: boolean }): void
  close(): Promise<void>
}

export async function startBetween(target: string): Promise<Between> {
  const watches: string[] = []
  let away = false
  let expired = new Set<string>()
  const wire = await startWire(target, ({ path }, answer, pass) => {
    if (away) return void answer.destroy()
    const { pathname, searchParams } = new URL(path, target)
    if (searchParams.get('watch') !== 'true') return pass()
    watches.push(pathname)
    if (!expired.delete(pathname)) return pass()
    const object = {
      kind: 'Status',
      status: 'Failure',
      reason: 'Expired',
      code: 410,
      message: 'too old resource version',
    }
    answerWith(answer, 200, { type: 'ERROR', object })
  })
  return {
    url: wire.url,
    watches,
    cut() {
      away = true
      wire.break()
    },
    mend({ compacted = false } = {}) {
      if (compacted) expired = new Set(watches)
      away = false
    },
    close: () => wire.close(),
  }
}
