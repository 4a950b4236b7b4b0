// What a command may touch of the outside: its streams and nothing else. Commands return their exit code: 0 ok, 1 findings or failed, 2 usage.
export interface Io {
  out(text: string): void
  err(text: string): void
  stdin: AsyncIterable<Buffer | string>
}

export type Run = (args: string[], io: Io) => Promise<number>

export const processIo: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: process.stdin,
}

/** How standard output is to be written to: lines of a readable width, colours only where they are shown and wanted (NO_COLOR). */
export function screen(): { width: number; colour: boolean } {
  const { columns, isTTY } = process.stdout
  // a terminal that does not know its size says 0
  return { width: Math.min(columns || 110, 140), colour: isTTY === true && process.stdout.hasColors?.() === true }
}
