// Usage figures of pods and nodes, as metrics.k8s.io serves them.
export interface Usage {
  /** cores */
  cpu: number
  /** bytes */
  memory: number
}

export interface UsageStore {
  setPod(namespace: string, pod: string, containers: Record<string, Usage>): void
  pod(namespace: string, pod: string): Readonly<Record<string, Usage>> | undefined
  removePod(namespace: string, pod: string): void
  setNode(name: string, usage: Usage): void
  node(name: string): Usage | undefined
  removeNode(name: string): void
}

export function createUsageStore(): UsageStore {
  const pods = new Map<string, Record<string, Usage>>()
  const nodes = new Map<string, Usage>()
  return {
    setPod: (namespace, pod, containers) => void pods.set(`${namespace}/${pod}`, containers),
    pod: (namespace, pod) => pods.get(`${namespace}/${pod}`),
    removePod: (namespace, pod) => void pods.delete(`${namespace}/${pod}`),
    setNode: (name, usage) => void nodes.set(name, usage),
    node: (name) => nodes.get(name),
    removeNode: (name) => void nodes.delete(name),
  }
}
