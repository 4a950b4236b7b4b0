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
