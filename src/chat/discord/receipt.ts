// Answers an interaction in time: Discord waits three seconds for a first answer, and takes only one.
import { MessageFlags, type REST, Routes, InteractionResponseType as Type } from 'discord.js'
import type { Form, RichText } from '../../core/card.ts'
import { renderForm } from './controls.ts'
import { CODE, discordErrorCode } from './errors.ts'
import type { Asked } from './parse.ts'
import { renderNote } from './render.ts'

/** after this long "received" is said, whatever is still to be done: half of what Discord allows */
const PATIENCE_MS = 1500

export interface Receipt {
  /** Shows a sentence to that person only, as the answer or after it. Rejects when Discord takes no answer any more. */
  tell(text: RichText): Promise<void>
  /** Opens a form: only as the first answer. Rejects as above. */
  open(form: Form, control: string): Promise<void>
  /** Does the work and says "received": when it is done, or when it takes long. Rejects with what the work rejects with. */
  during<T>(work: Promise<T>): Promise<T>
}

/** `private`: what is deferred will be answered to that person only (commands); else the message stays as it is (controls, forms). */
export function createReceipt(rest: REST, asked: Asked, how: 'private' | 'update'): Receipt {
  let answered: Promise<void> | undefined

  function answer(body: Record<string, unknown>): Promise<void> {
    answered = rest
      .post(Routes.interactionCallback(asked.id, asked.token), { body, auth: false })
      .then(() => {})
      .catch((error: unknown) => {
        // somebody answered already: another session of this token, or an answer of ours whose confirmation was lost
        if (discordErrorCode(error) !== CODE.acknowledged) throw error
        if (body.type !== Type.DeferredMessageUpdate) throw error
      })
    return answered
  }

  function received(): Promise<void> {
    if (answered) return answered
    return how === 'update'
      ? answer({ type: Type.DeferredMessageUpdate })
      : answer({ type: Type.DeferredChannelMessageWithSource, data: { flags: MessageFlags.Ephemeral } })
  }

  async function tell(text: RichText): Promise<void> {
    const data = { ...renderNote(text), allowed_mentions: { parse: [] }, flags: MessageFlags.Ephemeral }
    if (!answered) {
      try {
        return await answer({ type: Type.ChannelMessageWithSource, data })
      } catch (error) {
        if (discordErrorCode(error) !== CODE.acknowledged) throw error
      }
    } else await answered.catch(() => {})
    await rest.post(Routes.webhook(asked.app, asked.token), { body: data, auth: false })
  }

  return {
    tell,
    open: (form, control) => answer({ type: Type.Modal, data: renderForm(form, control) }),
    async during(work) {
      const late = setTimeout(() => void received().catch(() => {}), PATIENCE_MS)
      try {
        const done = await work
        // an answer that Discord does not take any more changes nothing: what was asked for is stored
        await received().catch(() => {})
        return done
      } finally {
        clearTimeout(late)
      }
    },
  }
}
