// The agent that the settings ask for: without a model the plain one, with one the supervisor on top of it. LangChain is loaded only then.
import type { Agent } from '../agent/contract.ts'
import type { Config } from '../config.ts'
import { createLogger } from '../log.ts'

/** Throws a SettingsError of one sentence when a key, an address or a model's name is missing. */
export async function chooseAgent(config: Config): Promise<Agent> {
  if (config.LLM_PROVIDER === 'none') return (await import('../agent/plain/index.ts')).plainAgent
  const [
    { createModelAgent },
    { readAgentSettings },
    { openModels },
    { environment, readLlmSettings },
    { createSkills },
    { READING_TOOLS },
    { readToolSettings },
  ] = await Promise.all([
    import('../agent/model/index.ts'),
    import('../agent/settings.ts'),
    import('../llm/index.ts'),
    import('../llm/settings.ts'),
    import('../skills/index.ts'),
    import('../tools/index.ts'),
    import('../tools/settings.ts'),
  ])
  const { LLM_PROVIDER, LLM_MODEL, LLM_BASE_URL, SKILL_DIRS, ENABLED_SKILLS, PROMETHEUS_URL } = config
  const env = environment()
  const log = createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT })
  const agent = createModelAgent({
    models: openModels(readLlmSettings({ LLM_PROVIDER, LLM_MODEL, LLM_BASE_URL }, env)),
    skills: createSkills({
      dirs: SKILL_DIRS,
      enabled: ENABLED_SKILLS,
      tools: READING_TOOLS,
      onProblems: (problems) => {
        for (const { file, line, message } of problems)
          log.warn({ file, line, problem: message }, 'a skill file has a mistake; skills check tells more')
      },
    }),
    settings: readAgentSettings(env),
    tools: readToolSettings(env),
    prometheus: PROMETHEUS_URL,
    log,
  })
  return (question, context) => agent(question, { level: config.AUTONOMY_LEVEL, ...context })
}
