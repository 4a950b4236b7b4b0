// `skills`: lists what the sub-agents know, and checks skill files with file and line.
import { loadConfig } from '../config.ts'
import { UsageError } from '../core/errors.ts'
import { loadSkills } from '../skills/load.ts'
import { READING_TOOLS } from '../tools/index.ts'
import type { Io } from './io.ts'
import { oneOf, readOptions, text } from './options.ts'

const USAGE = `Usage: firstmate skills list|check [DIR…] [--output text|json]

  list    the skills that sub-agents are made of: the built-in ones and those of SKILL_DIRS
  check   what is wrong in the skill files, with file and line; exit 1 when something is

  DIR     folders (or files) to look at instead of SKILL_DIRS
`

export async function skills(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(args, { output: { type: 'string' } }, USAGE, io, Number.POSITIVE_INFINITY)
  if (!parsed) return 0
  const output = oneOf(text(parsed, 'output'), ['text', 'json'] as const, 'output', 'text')
  const [verb, ...dirs] = parsed.positionals
  if (verb !== 'list' && verb !== 'check')
    throw new UsageError(`skills takes list or check${verb ? `, not "${verb}"` : ''}.`)
  const config = loadConfig()
  const loaded = await loadSkills({
    dirs: dirs.length > 0 ? dirs : config.SKILL_DIRS,
    enabled: verb === 'list' ? config.ENABLED_SKILLS : [],
    tools: READING_TOOLS,
  })
  const errors = loaded.problems.filter(({ severity }) => severity === 'error')
  if (verb === 'check') {
    if (output === 'json')
      io.out(
        `${JSON.stringify({ ok: errors.length === 0, skills: loaded.skills.length, problems: loaded.problems }, null, 2)}\n`,
      )
    else {
      for (const { file, line, severity, message } of loaded.problems)
        io.out(`${file}:${line}: ${severity}: ${message}\n`)
      io.out(
        errors.length === 0
          ? `${loaded.skills.length} skills are fine.\n`
          : `${errors.length} ${errors.length === 1 ? 'error' : 'errors'} found.\n`,
      )
    }
    return errors.length === 0 ? 0 : 1
  }
  const rows = loaded.skills.map(({ name, display_name, category, description, tools, model, source }) => ({
    name,
    display_name: display_name ?? name,
    category,
    description,
    tools: tools ?? READING_TOOLS,
    model,
    source,
  }))
  if (output === 'json') io.out(`${JSON.stringify(rows, null, 2)}\n`)
  else
    for (const row of rows)
      io.out(`${row.name.padEnd(20)} ${row.category.padEnd(16)} ${row.description.split('\n')[0] ?? ''}\n`)
  for (const { file, line, message } of errors) io.err(`${file}:${line}: ${message}\n`)
  return 0
}
