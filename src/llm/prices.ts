// What a million tokens cost, in US dollars, by the beginning of a model's name: list prices of November 2026, short prompts, nothing cached. An unknown model costs "unknown".
import type { LlmSettings } from './settings.ts'

interface Price {
  input: number
  output: number
}

// the longest beginning that fits wins
const PRICES: readonly [beginning: string, input: number, output: number][] = [
  ['gpt-4.1-mini', 0.4, 1.6],
  ['gpt-4.1', 2, 8],
  ['gpt-4o-mini', 0.15, 0.6],
  ['gpt-4o', 2.5, 10],
  ['gpt-5.1', 1.25, 10],
  ['gpt-5.2', 1.75, 14],
  ['gpt-5.4-nano', 0.2, 1.25],
  ['gpt-5.4-mini', 0.75, 4.5],
  ['gpt-5.4', 2.5, 15],
  ['gpt-5.5', 5, 30],
  ['gpt-6-luna', 0.1, 0.5],
  ['gpt-6.1-sol', 2, 10],
  ['claude-haiku-4-5', 1, 5],
  ['claude-haiku-5-5', 0.1, 0.5],
  ['claude-sonnet-4', 3, 15],
  ['claude-sonnet-5', 2, 10],
  ['claude-opus-4-1', 15, 75],
  ['claude-opus-4', 5, 25],
  ['claude-opus-5', 5, 25],
  ['gemini-2.5-flash-lite', 0.1, 0.4],
  ['gemini-3.1-pro-preview', 2, 12],
  ['gemini-3.5-flash-lite', 0.3, 2.5],
  ['gemini-3.5-flash', 1.5, 9],
  // doubles on 1 January 2027
  ['gemini-3.8-flash', 0.75, 3.75],
]

/** Undefined when nobody has said what this model costs. */
export function priceOf(provider: string, model: string, settings: LlmSettings): Price | undefined {
  const { LLM_PRICE_INPUT: input, LLM_PRICE_OUTPUT: output } = settings
  if (input !== undefined || output !== undefined) return { input: input ?? 0, output: output ?? 0 }
  if (provider === 'ollama') return { input: 0, output: 0 }
  const fitting = PRICES.filter(([beginning]) => isOfFamily(model, beginning))
  const [best] = fitting.sort(([a], [b]) => b.length - a.length)
  return best && { input: best[1], output: best[2] }
}

/** `gpt-5.4-2026-03-05` is of the family gpt-5.4; gpt-5.45 and gpt-5.4-pro's price are nobody's guess. */
function isOfFamily(model: string, beginning: string): boolean {
  if (!model.startsWith(beginning)) return false
  const rest = model.slice(beginning.length)
  return rest === '' || (/^[-@:]/.test(rest) && !/\b(pro|image|audio|realtime|live|codex|tts)\b/.test(rest))
}
