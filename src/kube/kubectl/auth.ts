// kubectl auth can-i and whoami: what Firstmate itself may do here, by the review APIs.
import { UsageError } from '../../core/errors.ts'
import { groupOf, type KubeObject } from '../../objects/object.ts'
import { flag, isSet, type ReadContext } from './command.ts'
import { cell, columns } from './print.ts'

export async function canI(context: ReadContext): Promise<string> {
  const { command, reader, namespace, signal } = context
  if (isSet(command, 'list')) return listRules(context)
  const [verb, what, extra] = command.args
  if (!verb || !what) throw new UsageError('May I do what? For example: kubectl auth can-i list pods -n shop.')
  if (what.startsWith('/')) return yesNo(await reader.can({ verb, path: what }, { signal }))
  const [typed = '', slashName] = what.split('/')
  const name = extra ?? slashName
  const kind = (await reader.kinds()).byName(typed)
  const [plural = typed, ...group] = typed.split('.')
  const subresource = flag(command, 'subresource')
  const resource = kind ? kind.plural : plural
  const answer = await reader.can(
    {
      verb,
      group: kind ? groupOf(kind.apiVersion) : group.join('.'),
      resource: subresource ? `${resource}/${subresource}` : resource,
      namespace: kind && !kind.namespaced ? undefined : namespace,
      name,
    },
    { signal },
  )
  const warning = kind || typed === '*' ? [] : [`Warning: the cluster has no resource type '${typed.slice(0, 60)}'`]
  return [...warning, yesNo(answer)].join('\n')
}

function yesNo({ allowed, reason }: { allowed: boolean; reason: string }): string {
  if (allowed) return 'yes'
  return reason ? `no - ${cell(reason)}` : 'no'
}

interface Rule {
  verbs?: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

async function listRules(context: ReadContext): Promise<string> {
  const { command, reader, signal } = context
  const namespace = context.namespace ?? 'default'
  const { status } = await reader.review('selfsubjectrulesreviews', { namespace }, { signal })
  const list = (values: string[] | undefined) => `[${(values ?? []).join(' ')}]`
  const rows: string[][] = []
  for (const rule of (status?.resourceRules ?? []) as Rule[]) {
    for (const resource of rule.resources ?? []) {
      for (const group of rule.apiGroups ?? ['']) {
        rows.push([group ? `${resource}.${group}` : resource, list([]), list(rule.resourceNames), list(rule.verbs)])
      }
    }
  }
  for (const rule of (status?.nonResourceRules ?? []) as Rule[]) {
    for (const url of rule.nonResourceURLs ?? []) rows.push(['', `[${url}]`, list([]), list(rule.verbs)])
  }
  const header = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs']
  const note = status?.incomplete ? ['(the cluster says that this list is incomplete)'] : []
  return [columns(isSet(command, 'no-headers') ? rows : [header, ...rows]), ...note].join('\n')
}

export async function whoami({ reader, signal }: ReadContext): Promise<string> {
  const answer = await reader.review('selfsubjectreviews', {}, { signal })
  const user = (answer.status?.userInfo ?? {}) as {
    username?: string
    uid?: string
    groups?: string[]
    extra?: Record<string, string[]>
  } & KubeObject
  const rows = [
    ['ATTRIBUTE', 'VALUE'],
    ['Username', cell(user.username)],
    ...(user.uid ? [['UID', cell(user.uid)]] : []),
    ['Groups', `[${(user.groups ?? []).join(' ')}]`],
  ]
  return columns(rows)
}
