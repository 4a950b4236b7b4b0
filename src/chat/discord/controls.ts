// Buttons, lists and forms as Discord's components; labels are plain text, in which Discord reads no markup. Pure.
import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIModalInteractionResponseCallbackData,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
  TextInputStyle,
} from 'discord.js'
import type { Control, Form } from '../../core/card.ts'
import { clip, neutraliseLine } from '../neutralise.ts'

/* Documented: 5 rows of 5 buttons or one select, custom_id 100, label 80, 25 options, form title 45, 5 inputs. */
const MAX_ROWS = 5
const MAX_ROW = 5
const MAX_ID = 100
const STYLES = { plain: ButtonStyle.Secondary, primary: ButtonStyle.Primary, danger: ButtonStyle.Danger } as const

/** Selects first, because each needs a row; then as many buttons as fit. */
export function actionRows(controls: Control[]): {
  rows: APIActionRowComponent<APIButtonComponentWithCustomId | APIStringSelectComponent>[]
  left: number
} {
  const seen = new Set<string>()
  const own = controls.filter((control) => !seen.has(control.id) && seen.add(control.id))
  const selects = own.filter((one) => one.kind === 'select' && one.options.length > 0).slice(0, MAX_ROWS)
  const buttons = own.filter((one) => one.kind === 'button')
  const shown = buttons.slice(0, (MAX_ROWS - selects.length) * MAX_ROW)
  const rows = [...chunk(shown, MAX_ROW), ...selects.map((one) => [one])]
  return {
    rows: rows.map((row) => ({ type: ComponentType.ActionRow, components: row.map(component) })),
    left: own.length - shown.length - selects.length,
  }
}

/** The form of a control as a modal; its id is the control's own. */
export function renderForm(form: Form, control: string): APIModalInteractionResponseCallbackData {
  return {
    custom_id: control.slice(0, MAX_ID),
    title: clip(neutraliseLine(form.title), 45) || 'Form',
    components: form.fields.slice(0, 5).map((field) => ({
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.TextInput,
          custom_id: field.id.slice(0, MAX_ID),
          label: clip(neutraliseLine(field.label), 45) || '…',
          style: field.multiline ? TextInputStyle.Paragraph : TextInputStyle.Short,
          required: field.required,
          max_length: 3000,
          ...(field.hint ? { placeholder: clip(neutraliseLine(field.hint), 100) } : {}),
        },
      ],
    })),
  }
}

function component(control: Control): APIButtonComponentWithCustomId | APIStringSelectComponent {
  const custom_id = control.id.slice(0, MAX_ID)
  if (control.kind === 'button')
    return {
      type: ComponentType.Button,
      custom_id,
      style: STYLES[control.style],
      label: clip(neutraliseLine(control.label), 80) || '…',
    }
  const values = new Set<string>()
  return {
    type: ComponentType.StringSelect,
    custom_id,
    placeholder: clip(neutraliseLine(control.placeholder), 150) || '…',
    options: control.options
      .filter((option) => !values.has(option.value) && values.add(option.value))
      .slice(0, 25)
      .map((option) => ({ label: clip(neutraliseLine(option.label), 100) || '…', value: option.value.slice(0, 100) })),
  }
}

function chunk<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
