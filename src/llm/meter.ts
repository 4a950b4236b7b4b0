// Counts what one task spends on models, and says when it is enough: the budget is in code, not in a prompt.
import { UnavailableError } from '../core/errors.ts'

export interface Spent {
  /** requests to models that were answered or failed, retries included */
  calls: number
  inputTokens: number
  outputTokens: number
  /** US dollars; undefined when a model of unknown price took part */
  cost: number | undefined
}

export interface ModelLimits {
  calls: number
  /** input and output together */
  tokens: number
}

/** The task has used what it was given; what is known by then is the answer. Never retried. */
export class BudgetError extends UnavailableError {
  override name = 'BudgetError'
}

export interface Meter {
  readonly spent: Spent
  /** Throws a BudgetError when the next call would be one too many. Counts it otherwise. */
  begin(): void
  add(usage: { input: number; output: number; price: { input: number; output: number } | undefined }): void
}

export function createMeter(limits: ModelLimits): Meter {
  const spent: Spent = { calls: 0, inputTokens: 0, outputTokens: 0, cost: 0 }
  return {
    spent,
    begin() {
      const tokens = spent.inputTokens + spent.outputTokens
      if (spent.calls >= limits.calls)
        throw new BudgetError(`the budget of ${limits.calls} model calls for one question is used up`)
      if (tokens >= limits.tokens)
        throw new BudgetError(`the budget of ${limits.tokens} tokens for one question is used up`)
      spent.calls++
    },
    add({ input, output, price }) {
      spent.inputTokens += input
      spent.outputTokens += output
      spent.cost =
        price && spent.cost !== undefined ? spent.cost + (input * price.input + output * price.output) / 1e6 : undefined
    },
  }
}
