// Buttons, lists and forms as Block Kit. Labels are `plain_text`, in which Slack reads no markup. Pure.
import type { types } from '@slack/bolt'
import type { Control, Form } from '../../core/card.ts'
import { clip, neutraliseLine } from '../neutralise.ts'

/* Documented: 75 characters per label and option, 25 elements per row of actions, 255 per action id, 24 per title of a modal. */
const MAX_LABEL = 75
const SHORT_LABEL = 20
const MAX_CONTROLS = 50
/** Slack breaks the line by itself */
const MAX_ROW = 25

/** Rows of buttons and lists. Many of them must share the `room` of a message, so their labels get shorter. */
export function actionRows(controls: Control[], room: number): types.ActionsBlock[] {
  const seen = new Set<string>()
  // Slack refuses a whole message for an id that comes twice, or for a list without options
  const shown = controls
    .filter((control) => control.kind === 'button' || control.options.length > 0)
    .filter(({ id }) => !seen.has(id) && seen.add(id))
    .slice(0, MAX_CONTROLS)
  const rows = (label: number): types.ActionsBlock[] =>
    Array.from({ length: Math.ceil(shown.length / MAX_ROW) }, (_, row) => ({
      type: 'actions',
      elements: shown.slice(row * MAX_ROW, (row + 1) * MAX_ROW).map((control) => element(control, label)),
    }))
  const full = rows(MAX_LABEL)
  return sizeOf(full) <= room / 2 ? full : rows(SHORT_LABEL)
}

/** The modal of a control's form; its first answer to a click must be this, within 3 s. */
export function renderForm(form: Form, memory: string): types.ModalView {
  return {
    type: 'modal',
    callback_id: 'form',
    private_metadata: memory,
    title: plain(form.title, 24),
    submit: plain(form.submit, 24),
    close: plain('Cancel', 24),
    blocks: form.fields.map((field) => ({
      type: 'input',
      block_id: field.id.slice(0, 255),
      optional: !field.required,
      label: plain(field.label, 200),
      ...(field.hint ? { hint: plain(field.hint, 200) } : {}),
      element: { type: 'plain_text_input', action_id: 'value', multiline: field.multiline, max_length: 3000 },
    })),
  }
}

/** All texts together, as Slack seems to count them. */
export function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + sizeOf(one), 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce(
    (sum, [key, one]) => sum + (key === 'text' && typeof one === 'string' ? one.length : sizeOf(one)),
    0,
  )
}

function element(control: Control, label: number): types.ActionsBlockElement {
  const action_id = control.id.slice(0, 255)
  if (control.kind === 'button') {
    return {
      type: 'button',
      action_id,
      text: plain(control.label, label),
      ...(control.style === 'plain' ? {} : { style: control.style }),
    }
  }
  return {
    type: 'static_select',
    action_id,
    placeholder: plain(control.placeholder, label),
    options: control.options.map((option) => ({
      text: plain(option.label, label),
      value: option.value.slice(0, MAX_LABEL),
    })),
  }
}

function plain(text: string, max: number): types.PlainTextElement {
  return { type: 'plain_text', text: clip(neutraliseLine(text), max) || '…', emoji: false }
}
