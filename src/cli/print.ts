// A card on standard output, as the terminal chat shows it, without buttons that nobody could press.

import { renderCard as renderLines } from '../chat/terminal/render.ts'
import type { Card } from '../core/card.ts'

export function renderCard(card: Card): string {
  const width = Math.min(process.stdout.columns ?? 120, 140)
  const colour = process.stdout.isTTY === true && process.stdout.hasColors?.() === true
  return renderLines({ ...card, controls: [] }, { width, colour, redraw: false }, () => 0).join('\n')
}
