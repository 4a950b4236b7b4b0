// A skill: what one sub-agent knows and may use, as one YAML file. It can only narrow rights: it names tools out of those that read.
import { z } from 'zod'

export const Skill = z.object({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, "_" and "-", beginning with a letter'),
  display_name: z.string().max(100).optional(),
  description: z.string().max(1000).default(''),
  category: z.string().max(60).default('general'),
  /** when the supervisor should ask this one */
  when_to_use: z.string().max(1000).optional(),
  system_prompt: z.string().max(20_000).default(''),
  documentation: z.string().max(50_000).default(''),
  /** absent: every reading tool */
  tools: z.array(z.string().max(63)).max(60).optional(),
  /** which tier of model it needs; default worker */
  model: z.enum(['worker', 'supervisor']).default('worker'),
})
export type Skill = z.infer<typeof Skill> & { source: string }

/** Something wrong in a file, where a person finds it. */
export interface SkillProblem {
  file: string
  /** counts from 1 */
  line: number
  message: string
  /** a warning leaves the skill usable */
  severity: 'error' | 'warning'
}
