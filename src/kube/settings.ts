// The settings that only this room reads: how a pod finds the API server of its own cluster.
import { homedir } from 'node:os'
import { z } from 'zod'
import { parseSettings } from '../config.ts'

const InCluster = z.object({
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  KUBERNETES_SERVICE_PORT: z.string().default('443'),
})

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface InClusterSettings {
  server: string
  tokenFile: string
  caFile: string
  namespaceFile: string
}

/** Undefined outside a pod. `root` is for tests: the folder that stands for `/`. */
export function inClusterSettings(
  env: Record<string, string | undefined> = process.env,
  root = '',
): InClusterSettings | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = parseSettings(InCluster, env)
  if (!host) return undefined
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tokenFile: `${root}${ACCOUNT}/token`,
    caFile: `${root}${ACCOUNT}/ca.crt`,
    namespaceFile: `${root}${ACCOUNT}/namespace`,
  }
}

export function defaultKubeconfig(): string {
  return `${homedir()}/.kube/config`
}
