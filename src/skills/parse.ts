// One YAML file → one skill, or what is wrong with it and on which line.
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { Skill, type SkillProblem } from './skill.ts'

export interface ParsedSkill {
  skill?: Skill
  problems: SkillProblem[]
}

/** anchors and aliases are how small files become large ones */
const LIMITS = { maxAliasCount: 0 }
const KNOWN = new Set(Object.keys(Skill.shape))
// fields of Kopilot's files that mean nothing here and harm nothing
const IGNORED = new Set(['version', 'author', 'tags', 'enabled', 'config'])

/** Never throws. `tools`: the names that a skill may list. */
export function parseSkill(text: string, file: string, tools?: readonly string[]): ParsedSkill {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: '1.2' })
  const problems: SkillProblem[] = []
  const report = (offset: number | undefined, message: string, severity: SkillProblem['severity'] = 'error') =>
    problems.push({ file, line: offset === undefined ? 1 : Math.max(1, lines.linePos(offset).line), message, severity })

  for (const { pos, message } of document.errors)
    report(pos[0], (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, ''))
  if (document.errors.length > 0) return { problems }
  const root = document.contents
  if (!isMap(root)) {
    report(root?.range?.[0], 'is not a skill: a map with at least a name is expected')
    return { problems }
  }
  let value: Record<string, unknown>
  try {
    value = document.toJS(LIMITS) as Record<string, unknown>
  } catch {
    report(root.range?.[0], 'uses aliases, which are not read here')
    return { problems }
  }
  const where = (key: string, index?: number): number | undefined => {
    const pair = root.items.find((item) => isScalar(item.key) && item.key.value === key)
    const item = index === undefined ? undefined : root.getIn([key, index], true)
    return (
      (item as { range?: number[] } | undefined)?.range?.[0] ??
      (pair?.key as { range?: number[] } | undefined)?.range?.[0] ??
      root.range?.[0]
    )
  }
  for (const { key } of root.items) {
    const name = String(isScalar(key) ? key.value : key)
    if (!KNOWN.has(name) && !IGNORED.has(name))
      report(
        (key as { range?: number[] }).range?.[0],
        `${name.slice(0, 60)} is no field of a skill and is left out; fields: ${[...KNOWN].join(', ')}`,
        'warning',
      )
  }
  // a field left empty is a field left out
  const filled = Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null))
  const result = Skill.safeParse(filled)
  if (!result.success) {
    for (const issue of result.error.issues) {
      const [key = 'name', index] = issue.path
      report(
        where(String(key), typeof index === 'number' ? index : undefined),
        `${issue.path.join('.') || 'name'}: ${issue.message}`,
      )
    }
    return { problems }
  }
  const skill: Skill = { ...result.data, source: file }
  const strange = (skill.tools ?? [])
    .map((name, at) => ({ name, at }))
    .filter(({ name }) => tools && !tools.includes(name))
  for (const { name, at } of strange)
    report(where('tools', at), `there is no reading tool ${name.slice(0, 60)}; a skill can use: ${tools?.join(', ')}`)
  if (skill.system_prompt.trim() === '' && skill.documentation.trim() === '')
    report(
      where('name'),
      'has neither a system_prompt nor documentation: its sub-agent would know nothing of its own',
      'warning',
    )
  return strange.length > 0 ? { problems } : { skill, problems }
}
