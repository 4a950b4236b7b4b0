// "help", "hello", "what can you do", "thanks".
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

export const help: Reader = {
  understood: only(
    'help commands usage what can could you i we do ask how use this who are hi hello hey yo good morning evening afternoon there firstmate bot ping test testing alive up awake ok',
  ),
  read({ lower }) {
    const greeting = /^(hi|hello|hey|yo|good (morning|evening|afternoon))( there| firstmate| bot)?\W*$/
    const asking =
      /^(\/?help|commands|usage)\b|^\W*\?\W*$|what (can|could) (you|i|we) (do|ask)|what do you do|how (do|can) i use (you|this)|who are you|^(ping|test(ing)?|(are )?you (there|alive|up|awake|ok))\W*$/
    return lower === '' || greeting.test(lower) || asking.test(lower) ? { kind: 'help' } : undefined
  },
}

export const thanks: Reader = {
  understood: only(
    'ok okay great cool nice perfect super good got it thanks thank you thx cheers job so much a lot all',
  ),
  read({ lower }) {
    const said =
      /^((ok(ay)?|great|cool|nice|perfect|super|got it|good job)[\s,.!]*)*(thanks?( you)?( so much| a lot)?|thx|cheers)?\W*$/
    return /[a-z]/.test(lower) && !lower.includes('?') && lower.length < 60 && said.test(lower)
      ? { kind: 'thanks' }
      : undefined
  },
}
