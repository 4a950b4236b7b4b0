// Skills: the six built in, files of Kopilot's shape, checks with file and line, reload without a restart, and that a skill only narrows.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { skills as command } from '../../src/cli/skills.ts'
import { createSkills } from '../../src/skills/index.ts'
import { loadSkills } from '../../src/skills/load.ts'
import { parseSkill } from '../../src/skills/parse.ts'
import { READING_TOOLS } from '../../src/tools/index.ts'

const KOPILOT = `name: database
display_name: "Database"
description: "PostgreSQL and MySQL on Kubernetes"
category: data
system_prompt: |
  You are a database specialist. Use run_kubectl.
documentation: |
  kubectl get statefulset -A
`
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fm-skills-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(dir, name), text)
const load = () => loadSkills({ dirs: [dir], tools: READING_TOOLS })

it('brings six, without a complaint, each within its budget of tokens', async () => {
  const { skills, problems } = await loadSkills({ dirs: [], tools: READING_TOOLS })
  expect(problems).toEqual([])
  expect(skills.map(({ name }) => name).sort()).toEqual([
    'administration',
    'cost_optimization',
    'monitoring',
    'networking',
    'security',
    'troubleshooting',
  ])
  for (const skill of skills) {
    expect(skill.when_to_use?.length).toBeGreaterThan(40)
    expect(skill.documentation.length, skill.name).toBeLessThan(4000)
    expect(skill.tools?.length).toBeGreaterThan(8)
  }
})

it("loads Kopilot's files unchanged", async () => {
  write('database.yaml', KOPILOT)
  const { skills, problems } = await load()
  expect(problems).toEqual([])
  const skill = skills.find(({ name }) => name === 'database')
  expect(skill).toMatchObject({ display_name: 'Database', category: 'data', model: 'worker' })
  expect(skill?.tools).toBeUndefined()
})

it('lets a later folder replace a skill by name, and ENABLED_SKILLS choose', async () => {
  write('networking.yml', 'name: networking\nsystem_prompt: ours\n')
  const { skills } = await loadSkills({ dirs: [dir], tools: READING_TOOLS, enabled: ['networking', 'nosuch'] })
  expect(skills.map(({ name, system_prompt }) => [name, system_prompt])).toEqual([['networking', 'ours']])
})

describe('parseSkill', () => {
  const problems = (text: string) =>
    parseSkill(text, 'x.yaml', READING_TOOLS).problems.map(
      ({ line, severity, message }) => `${line} ${severity} ${message}`,
    )

  it('says on which line something is wrong', () => {
    expect(problems('name: a\ntools:\n  - get_pods\n  - run_shell\nsystem_prompt: x')[0]).toMatch(
      /^4 error there is no reading tool run_shell/,
    )
    expect(problems('name: a\ntools: [propose_change]\nsystem_prompt: x')[0]).toMatch(
      /^2 error there is no reading tool propose_change/,
    )
    expect(problems('system_prompt: x\nname: Bad Name')[0]).toMatch(/^2 error name: must be lower-case/)
    expect(problems('description: d\nsystem_prompt: x')[0]).toMatch(/^1 error name: /)
    expect(problems('name: a\nsystem_prompt: x\nprompt: y')[0]).toMatch(/^3 warning prompt is no field of a skill/)
    expect(problems('name: a\n  bad: : indent\n')[0]).toMatch(/^[12] error /)
    expect(problems('- a\n- b')[0]).toMatch(/^1 error is not a skill/)
    expect(problems('name: a\nname: b\nsystem_prompt: x')[0]).toMatch(/^2 error .*unique/)
  })

  it('reads no bombs', () => {
    const bomb = `name: a\nsystem_prompt: &a "x"\ndescription: *a\n`
    expect(problems(bomb)[0]).toContain('uses aliases')
    expect(parseSkill('__proto__: {a: 1}\nname: a\nsystem_prompt: x', 'x', READING_TOOLS).skill?.name).toBe('a')
    expect(({} as Record<string, unknown>).a).toBeUndefined()
  })
})

it('loads a changed file anew, and keeps a skill whose file is broken for now', async () => {
  write('database.yaml', KOPILOT)
  const seen: string[] = []
  const skills = createSkills({
    dirs: [dir],
    tools: READING_TOOLS,
    everyMs: 0,
    onProblems: (all) => seen.push(...all.map(({ message }) => message)),
  })
  const prompt = async () => (await skills.current()).find(({ name }) => name === 'database')?.system_prompt
  expect(await prompt()).toContain('database specialist')
  write('database.yaml', KOPILOT.replace('database specialist', 'specialist for stored things'))
  expect(await prompt()).toContain('stored things')
  write('database.yaml', 'name: [')
  expect(await prompt()).toContain('stored things')
  expect(seen.length).toBeGreaterThan(0)
  rmSync(join(dir, 'database.yaml'))
  expect(await prompt()).toBeUndefined()
})

it('skills check reports file and line, and fails', async () => {
  write('bad.yaml', 'name: bad\nsystem_prompt: x\ntools:\n  - rm\n')
  let out = ''
  const io = { out: (text: string) => void (out += text), err: () => undefined, stdin: process.stdin }
  expect(await command(['check', dir], io)).toBe(1)
  expect(out).toContain(`${join(dir, 'bad.yaml')}:4: error: there is no reading tool rm`)
  out = ''
  expect(await command(['list', '--output', 'json'], io)).toBe(0)
  expect((JSON.parse(out) as { name: string }[]).length).toBeGreaterThanOrEqual(6)
})
