// Scenarios × questions against any agent: is the cause named, is evidence beside it, what did it cost.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Agent } from '../../src/agent/contract.ts'
import { Answer } from '../../src/core/answer.ts'
import { startHarbor } from '../../src/harbor/index.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'
import { loadFiles } from '../../src/objects/files.ts'

export interface Scenario {
  name: string
  now: string
  namespace?: string
  questions: string[]
  healthy: boolean
  /** per cause: patterns that the answer must match; each list all of them */
  causes: { name: string; mentions: RegExp[] }[]
}

export interface Attempt {
  scenario: string
  question: string
  passed: boolean
  tokens: number
  cost: number | undefined
  seconds: number
  /** share of claims that name a call or a finding; undefined when the answer makes no claims of its own */
  evidence: number | undefined
  /** the answer of the checks alone */
  modelFailed: boolean
}

export interface Summary {
  name: string
  attempts: number
  pass: number
  /** share of questions that passed every time */
  passEvery: number
  tokens: number
  cost: number | undefined
  seconds: number
  evidence: number | undefined
  modelFailed: number
}

const FOLDER = join(import.meta.dirname, '../corpora/scenarios')

export function readScenarios(only?: RegExp): Scenario[] {
  return readdirSync(FOLDER)
    .sort()
    .filter((name) => !only || only.test(name))
    .map((name) => {
      const expected = parse(readFileSync(join(FOLDER, name, 'expect.yaml'), 'utf8')) as {
        now: string
        question?: string
        namespace?: string
        healthy?: boolean
        rootCauses?: { object: { name: string }; mentions?: string[] }[]
      }
      const where = expected.namespace ? ` in ${expected.namespace}` : ''
      return {
        name,
        now: expected.now,
        ...(expected.namespace ? { namespace: expected.namespace } : {}),
        questions: [...new Set([`what is wrong${where}`, ...(expected.question ? [expected.question] : [])])],
        healthy: expected.healthy === true,
        causes: (expected.rootCauses ?? []).map(({ object, mentions = [] }) => ({
          name: object.name,
          mentions: mentions.map((text) => new RegExp(text, 'i')),
        })),
      }
    })
}

export async function evaluate(agent: Agent, scenarios: readonly Scenario[], times = 1): Promise<Attempt[]> {
  const attempts: Attempt[] = []
  for (const scenario of scenarios) {
    const load = await loadFiles([join(FOLDER, scenario.name, 'cluster.yaml')])
    const now = new Date(scenario.now)
    const harbor = await startHarbor({ load, controllers: false, now })
    const clusters = clustersOf([clusterAt('eval', harbor.url)])
    try {
      for (const question of scenario.questions) {
        for (let n = 0; n < times; n++) {
          const started = performance.now()
          const subject = scenario.namespace ? { cluster: 'eval', namespace: scenario.namespace } : { cluster: 'eval' }
          const answer = Answer.parse(
            await agent(question, {
              clusters,
              subject,
              now: () => now,
              signal: AbortSignal.timeout(300_000),
              progress: () => undefined,
            }),
          )
          attempts.push({
            scenario: scenario.name,
            question,
            passed: isRight(answer, scenario),
            seconds: (performance.now() - started) / 1000,
            ...costOf(answer),
          })
        }
      }
    } finally {
      await harbor.close()
    }
  }
  return attempts
}

/** Every expected cause is named with its decisive words; a healthy cluster is called so. What is told beside it costs nothing here. */
function isRight(answer: Answer, scenario: Scenario): boolean {
  const said = [
    answer.text,
    ...answer.findings
      .filter(({ root }) => root)
      .flatMap(({ summary, cause, remedy, evidence }) => [summary, cause, remedy, ...evidence.map(({ text }) => text)]),
  ].join('\n')
  if (scenario.healthy)
    return !answer.findings.some(({ root, severity }) => root && severity !== 'info') && answer.tone !== 'bad'
  return scenario.causes.every(
    ({ name, mentions }) => said.includes(name) && mentions.every((pattern) => pattern.test(said)),
  )
}

function costOf(answer: Answer): Pick<Attempt, 'tokens' | 'cost' | 'evidence' | 'modelFailed'> {
  const claims = answer.blocks?.find((block) => block.kind === 'list')
  const lines = claims?.kind === 'list' ? claims.items.map((item) => JSON.stringify(item)) : []
  return {
    tokens: answer.model?.tokens ?? 0,
    cost: answer.model ? answer.model.cost : 0,
    evidence:
      answer.model && lines.length > 0
        ? lines.filter((line) => !line.includes('no call named')).length / lines.length
        : undefined,
    modelFailed: answer.partial.some((line) => line.startsWith('the model did not finish')),
  }
}

export function summarise(name: string, attempts: readonly Attempt[]): Summary {
  const mean = (values: number[]) =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
  const questions = Map.groupBy(attempts, ({ scenario, question }) => `${scenario} ${question}`)
  const rated = attempts.flatMap(({ evidence }) => evidence ?? [])
  const costs = attempts.map(({ cost }) => cost)
  return {
    name,
    attempts: attempts.length,
    pass: mean(attempts.map(({ passed }) => Number(passed))),
    passEvery: mean([...questions.values()].map((all) => Number(all.every(({ passed }) => passed)))),
    tokens: mean(attempts.map(({ tokens }) => tokens)),
    cost: costs.every((cost) => cost !== undefined) ? mean(costs as number[]) : undefined,
    seconds: mean(attempts.map(({ seconds }) => seconds)),
    evidence: rated.length > 0 ? mean(rated) : undefined,
    modelFailed: attempts.filter(({ modelFailed }) => modelFailed).length,
  }
}

export function markdownOf(summaries: readonly Summary[], times: number): string {
  const percent = (value: number | undefined) => (value === undefined ? '–' : `${(value * 100).toFixed(1)} %`)
  const rows = summaries.map(
    (one) =>
      `| ${one.name} | ${one.attempts} | ${percent(one.pass)} | ${percent(one.passEvery)} | ${Math.round(one.tokens)} | ${one.cost === undefined ? 'unknown' : one.cost.toFixed(4)} | ${one.seconds.toFixed(2)} | ${percent(one.evidence)} | ${one.modelFailed} |`,
  )
  return [
    '',
    `| agent | answers | pass | pass^${times} | tokens | US$ | seconds | claims with evidence | model failed |`,
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ]
    .join('\n')
    .trimStart()
}
