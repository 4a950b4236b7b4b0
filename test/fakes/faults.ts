// What requests of a fake meet instead of a proper answer: for so many of them, or until it is cleared.

export interface Faults<F> {
  /** Resolves how to clear it. */
  add(fault: F): () => void
  /** The fault that a request of that name meets, used up by one. */
  take(name: string): F | undefined
}

/** `of`: what the fault is about; `*` is about everything. */
export function createFaults<F extends { times?: number }>(of: (fault: F) => string): Faults<F> {
  const faults: F[] = []
  const remove = (fault: F) => void (faults.includes(fault) && faults.splice(faults.indexOf(fault), 1))
  return {
    add(fault) {
      const own = { ...fault }
      faults.push(own)
      return () => remove(own)
    },
    take(name) {
      const fault = faults.find((one) => of(one) === name || of(one) === '*')
      if (fault?.times !== undefined) {
        fault.times -= 1
        if (fault.times <= 0) remove(fault)
      }
      return fault
    },
  }
}
