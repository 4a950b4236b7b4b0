// Skills from folders: the built-in ones, then each of SKILL_DIRS; a later one of the same name takes the place of the earlier.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { parseSkill } from './parse.ts'
import type { Skill, SkillProblem } from './skill.ts'

export const BUILT_IN_SKILLS = join(import.meta.dirname, '..', '..', 'skills')

export interface LoadOptions {
  dirs: readonly string[]
  /** names of ENABLED_SKILLS; empty: all */
  enabled?: readonly string[]
  /** names of the reading tools */
  tools: readonly string[]
}

export interface LoadedSkills {
  skills: Skill[]
  problems: SkillProblem[]
}

const MAX_FILES = 200
const MAX_BYTES = 256 * 1024

/** Never throws: a folder or file that cannot be read is a problem, and the other skills load. */
export async function loadSkills({ dirs, enabled = [], tools }: LoadOptions): Promise<LoadedSkills> {
  const problems: SkillProblem[] = []
  const found = new Map<string, Skill>()
  for (const dir of [BUILT_IN_SKILLS, ...dirs]) {
    for (const file of await filesOf(dir, problems)) {
      const parsed = await readSkill(file, tools)
      problems.push(...parsed.problems)
      if (parsed.skill) found.set(parsed.skill.name, parsed.skill)
    }
  }
  const skills = [...found.values()].filter(({ name }) => enabled.length === 0 || enabled.includes(name))
  for (const name of enabled) {
    if (!found.has(name))
      problems.push({
        file: 'ENABLED_SKILLS',
        line: 1,
        message: `names ${name}, which no file defines`,
        severity: 'warning',
      })
  }
  return { skills, problems }
}

async function readSkill(file: string, tools: readonly string[]) {
  try {
    const { size } = await stat(file)
    if (size > MAX_BYTES)
      return {
        problems: [{ file, line: 1, message: `is larger than ${MAX_BYTES / 1024} KiB`, severity: 'error' as const }],
      }
    return parseSkill(await readFile(file, 'utf8'), file, tools)
  } catch (error) {
    return { problems: [{ file, line: 1, message: `cannot be read: ${messageOf(error)}`, severity: 'error' as const }] }
  }
}

/** A path that is a file stands for itself. */
async function filesOf(path: string, problems: SkillProblem[]): Promise<string[]> {
  try {
    if ((await stat(path)).isFile()) return [path]
    const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).sort()
    if (names.length > MAX_FILES)
      problems.push({
        file: path,
        line: 1,
        message: `has more than ${MAX_FILES} files; the rest is not read`,
        severity: 'warning',
      })
    return names.slice(0, MAX_FILES).map((name) => join(path, name))
  } catch (error) {
    problems.push({ file: path, line: 1, message: `cannot be read: ${messageOf(error)}`, severity: 'error' })
    return []
  }
}

/** When the files of these folders last changed, as one text: equal means unchanged. */
export async function stampOf(dirs: readonly string[]): Promise<string> {
  const stamps: string[] = []
  for (const dir of [BUILT_IN_SKILLS, ...dirs]) {
    for (const file of await filesOf(dir, [])) {
      // what is behind the link counts: a mounted ConfigMap changes by its link
      const found = await stat(file).catch(() => undefined)
      stamps.push(`${file} ${found?.mtimeMs ?? 0} ${found?.size ?? 0} ${found?.ino ?? 0}`)
    }
  }
  return stamps.join('\n')
}
