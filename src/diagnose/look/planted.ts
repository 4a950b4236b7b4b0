// Telling text that gives orders to an assistant from text that reports something.

const ORDERS =
  /(?:ignore|disregard|forget|override) (?:all |any |your |the |previous |prior |other |these |earlier ){1,4}(?:rules|instructions|prompts?|guidelines|policies|context)|\b(?:assistant|ai|agent|llm|chatgpt|copilot|firstmate)\b ?[:,] ?(?:please |you |now |must |should |ignore|run|delete|drain|approve|execute|scale|report)|\bsystem(?: prompt)?: .{0,60}\b(?:approved|run|delete|execute|ignore)\b|(?:user|admin|operator|captain) (?:has )?(?:already )?approved (?:the )?(?:plan|change|action|request)|you are (?:now )?(?:an?|the) .{1,40}(?:assistant|agent|admin)|<\/?(?:system|log|instructions?|tool_result)>/i
/** how much of a text is looked at */
export const MAX_ORDER_TEXT = 20_000

export function isOrder(text: unknown): boolean {
  return typeof text === 'string' && ORDERS.test(text.slice(0, MAX_ORDER_TEXT))
}
