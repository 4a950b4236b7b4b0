/** Runs the jobs with at most `width` at a time; each handles its own errors. */
export async function inParallel<T>(jobs: readonly T[], width: number, run: (job: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < jobs.length) await run(jobs[next++] as T)
  }
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, worker))
}
