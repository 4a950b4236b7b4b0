// A card on standard output, as the terminal chat shows it, without buttons that nobody could press.

import { renderCard as renderLines } from '../chat/terminal/render.ts'
import type { Card } from '../core/card.ts'
import { screen } from './io.ts'

export function renderCard(card: Card): string {
  return renderLines({ ...card, controls: [] }, { ...screen(), redraw: false }, () => 0).join('\n')
}
