// Kubeconfig files as kubectl reads them: several files merge, the first to define a name wins, relative paths start at their file.
import { readFile } from 'node:fs/promises'
import { delimiter, dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { SettingsError } from '../core/errors.ts'

const text = z.string().nullish()
const Entry = z.object({
  server: z.string().default(''),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
  'proxy-url': text,
})
const User = z.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-groups': z.array(z.string()).nullish(),
  'as-uid': text,
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
})
const Context = z.object({ cluster: text, user: text, namespace: text })

const File = z.object({
  clusters: z.array(z.object({ name: z.string(), cluster: Entry.nullish() })).nullish(),
  users: z.array(z.object({ name: z.string(), user: User.nullish() })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context: Context.nullish() })).nullish(),
  'current-context': text,
})

export type KubeconfigCluster = z.infer<typeof Entry>
export type KubeconfigUser = z.infer<typeof User>
type KubeconfigContext = z.infer<typeof Context>

export interface Kubeconfig {
  currentContext: string | undefined
  clusters: Map<string, KubeconfigCluster>
  users: Map<string, KubeconfigUser>
  contexts: Map<string, KubeconfigContext>
}

/** `paths` as in KUBECONFIG: separated by colons. A missing file is skipped; a broken one stops the start. */
export async function readKubeconfig(paths: string): Promise<Kubeconfig> {
  const merged: Kubeconfig = { currentContext: undefined, clusters: new Map(), users: new Map(), contexts: new Map() }
  for (const path of paths.split(delimiter).filter(Boolean)) {
    const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw new SettingsError(`KUBECONFIG names ${path}, which cannot be read (${error.code ?? error.message}).`)
    })
    mergeInto(merged, parseKubeconfig(content, path), resolve(dirname(path)))
  }
  return merged
}

function parseKubeconfig(content: string, path: string): z.infer<typeof File> {
  let value: unknown
  try {
    value = parse(content, { maxAliasCount: 100 }) as unknown
  } catch {
    throw new SettingsError(`KUBECONFIG names ${path}, which is no valid YAML.`)
  }
  const result = File.safeParse(value ?? {})
  if (result.success) return result.data
  // the path of the field only: values of a kubeconfig are credentials
  const where = result.error.issues[0]?.path.join('.') || 'its top level'
  throw new SettingsError(`KUBECONFIG names ${path}, which is no kubeconfig: ${where} has a wrong form.`)
}

function mergeInto(merged: Kubeconfig, file: z.infer<typeof File>, folder: string): void {
  merged.currentContext ||= file['current-context'] || undefined
  const absolute = (path: string | null | undefined) => (path ? resolve(folder, path) : undefined)
  for (const { name, cluster } of file.clusters ?? []) {
    if (!cluster || merged.clusters.has(name)) continue
    merged.clusters.set(name, { ...cluster, 'certificate-authority': absolute(cluster['certificate-authority']) })
  }
  for (const { name, user } of file.users ?? []) {
    if (!user || merged.users.has(name)) continue
    merged.users.set(name, {
      ...user,
      'client-certificate': absolute(user['client-certificate']),
      'client-key': absolute(user['client-key']),
      tokenFile: absolute(user.tokenFile),
    })
  }
  for (const { name, context } of file.contexts ?? []) {
    if (context && !merged.contexts.has(name)) merged.contexts.set(name, context)
  }
}
