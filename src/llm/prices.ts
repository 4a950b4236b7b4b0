// What a million tokens cost, in US dollars, by the beginning of a model's name: list prices of late 2025. An unknown model costs "unknown".
import type { LlmSettings } from './settings.ts'

interface Price {
  input: number
  output: number
}

// the longest beginning that fits wins
const PRICES: readonly [beginning: string, input: number, output: number][] = [
  ['gpt-4o-mini', 0.15, 0.6],
  ['gpt-4o', 2.5, 10],
  ['gpt-4.1-nano', 0.1, 0.4],
  ['gpt-4.1-mini', 0.4, 1.6],
  ['gpt-4.1', 2, 8],
  ['gpt-5-nano', 0.05, 0.4],
  ['gpt-5-mini', 0.25, 2],
  ['gpt-5', 1.25, 10],
  ['claude-haiku-4-5', 1, 5],
  ['claude-sonnet-4', 3, 15],
  ['claude-opus-4-5', 5, 25],
  ['gemini-2.5-flash-lite', 0.1, 0.4],
  ['gemini-2.5-flash', 0.3, 2.5],
  ['gemini-2.5-pro', 1.25, 10],
]

/** Undefined when nobody has said what this model costs. */
export function priceOf(provider: string, model: string, settings: LlmSettings): Price | undefined {
  const { LLM_PRICE_INPUT: input, LLM_PRICE_OUTPUT: output } = settings
  if (input !== undefined || output !== undefined) return { input: input ?? 0, output: output ?? 0 }
  if (provider === 'ollama') return { input: 0, output: 0 }
  const fitting = PRICES.filter(([beginning]) => model.startsWith(beginning))
  const [best] = fitting.sort(([a], [b]) => b.length - a.length)
  return best && { input: best[1], output: best[2] }
}
