// An answer while it is being written, as blocks: what stands in one will not change, and the next text has the same blocks first.
import type { Block } from '../core/card.ts'

/** a sentence that ends after so many characters ends a piece; a line always does */
const PIECE = 160
const MOST = 30
const END = /[.!?](?=\s)/g

/** The pieces of a text that are finished; what comes after the last of them is still being written. */
export function finishedBlocks(text: string): Block[] {
  const pieces: string[] = []
  let start = 0
  for (const line of text.split('\n').slice(0, -1)) {
    pieces.push(...sentences(line).pieces, sentences(line).rest)
    start += line.length + 1
  }
  pieces.push(...sentences(text.slice(start)).pieces)
  return pieces
    .flatMap((piece) => (piece.trim() === '' ? [] : [{ kind: 'text' as const, text: piece.trim() }]))
    .slice(0, MOST)
}

function sentences(line: string): { pieces: string[]; rest: string } {
  const pieces: string[] = []
  let start = 0
  for (const { index } of line.matchAll(END)) {
    if (index + 1 - start < PIECE) continue
    pieces.push(line.slice(start, index + 1))
    start = index + 1
  }
  return { pieces, rest: line.slice(start) }
}
