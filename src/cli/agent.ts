// The agent that the settings ask for: without a model the plain one, with one the supervisor on top of it. LangChain is loaded only then.
import type { Agent } from '../agent/contract.ts'
import type { Config } from '../config.ts'

/** Throws a SettingsError of one sentence when a key, an address or a model's name is missing. */
export async function chooseAgent(config: Config): Promise<Agent> {
  if (config.LLM_PROVIDER === 'none') return (await import('../agent/plain/index.ts')).plainAgent
  const [
    { createModelAgent },
    { readAgentSettings },
    { openModels },
    { readLlmSettings },
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
  const agent = createModelAgent({
    models: openModels(readLlmSettings({ LLM_PROVIDER, LLM_MODEL, LLM_BASE_URL })),
    skills: createSkills({ dirs: SKILL_DIRS, enabled: ENABLED_SKILLS, tools: READING_TOOLS }),
    settings: readAgentSettings(),
    tools: readToolSettings(),
    prometheus: PROMETHEUS_URL,
  })
  return (question, context) => agent(question, { level: config.AUTONOMY_LEVEL, ...context })
}
