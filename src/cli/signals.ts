// How a long-running command is asked to end.

/** Resolves on the first SIGINT or SIGTERM. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => resolve(signal)
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  })
}
