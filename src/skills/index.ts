// The skills of this process: loaded once, looked at again when a task begins, replaced when a file has changed.
import { type LoadedSkills, type LoadOptions, loadSkills, stampOf } from './load.ts'
import type { Skill, SkillProblem } from './skill.ts'

export interface Skills {
  /** As the files are now; at most one look every `everyMs`. A folder that broke keeps the skills it had. */
  current(): Promise<readonly Skill[]>
}

export interface SkillsOptions extends LoadOptions {
  everyMs?: number
  onProblems?(problems: readonly SkillProblem[]): void
}

export function createSkills(options: SkillsOptions): Skills {
  const everyMs = options.everyMs ?? 2000
  let loaded: { stamp: string; skills: readonly Skill[] } | undefined
  let looked = 0
  let looking: Promise<readonly Skill[]> | undefined

  async function look(): Promise<readonly Skill[]> {
    const stamp = await stampOf(options.dirs)
    looked = Date.now()
    if (loaded?.stamp === stamp) return loaded.skills
    const next = await loadSkills(options)
    if (next.problems.length > 0) options.onProblems?.(next.problems)
    loaded = { stamp, skills: keepKnown(next, loaded?.skills ?? []) }
    return loaded.skills
  }

  return {
    current() {
      if (loaded && Date.now() - looked < everyMs) return Promise.resolve(loaded.skills)
      looking ??= look().finally(() => {
        looking = undefined
      })
      return looking
    },
  }
}

/** A file that is being written, or was broken by an edit, does not take its skill away. */
function keepKnown({ skills, problems }: LoadedSkills, before: readonly Skill[]): readonly Skill[] {
  const broken = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file))
  const kept = before.filter((skill) => broken.has(skill.source) && !skills.some(({ name }) => name === skill.name))
  return [...skills, ...kept]
}
