// What an exit code means: 1, 2, 126, 127, 128+signal told apart, and who killed the container.
import type { Container, Terminated } from './pods.ts'

export interface ExitMeaning {
  /** "exit 127, command not found" */
  words: string
  remedy: string
}

/** the remedy when the code alone says nothing */
export const READ_LOG = 'Read the last lines of its log.'

const CODES: Record<number, [words: string, remedy: string]> = {
  0: [
    'it ends normally, but a container that serves must keep running',
    'Make the command stay in the foreground, or run it as a Job.',
  ],
  1: ['the application reports an error of its own', READ_LOG],
  2: ['wrong use of a command or option, or an error of the application', 'Check command and args, then the log.'],
  126: [
    'the command was found but may not be executed',
    'Make the file executable, and check that it suits the architecture of the node.',
  ],
  127: ['the command was not found in the image', 'Correct the command or args, or use an image that contains it.'],
  128: ['the command could not be started', 'Check command, args and workingDir against the image.'],
  132: ['illegal instruction: built for another processor', 'Use an image built for the processor of the node.'],
  134: ['aborted: an assertion of the program failed', READ_LOG],
  135: [
    'bus error, often shared memory or a full disk',
    'Enlarge /dev/shm by an emptyDir of medium Memory, and look at its volumes.',
  ],
  136: ['arithmetic error in the program', 'Report it with the log to whoever builds the image.'],
  137: ['killed by SIGKILL', 'See who killed it: the memory limit, the node, a probe, or a stop that took too long.'],
  139: [
    'segmentation fault: the program or a native library is broken',
    'Go back to the image before, or to a build for this base image.',
  ],
  143: ['stopped by SIGTERM', 'See who stops it: a rollout, an eviction, a probe, or itself.'],
  255: ['the application reports an error of its own, or the node was lost', READ_LOG],
}

// what a runtime says when the code itself is wrong, whatever it exits with: Go, JVM, .NET, JavaScript, Python, Rust, Ruby
const FAULT =
  /nil pointer dereference|runtime error: |index out of (?:range|bounds)|\b(?:NullPointer|ArrayIndexOutOfBounds|ClassCast|IndexOutOfRange|NullReference|InvalidCast|StackOverflow)(?:Exception|Error)\b|\b(?:TypeError|ReferenceError|AttributeError|IndexError|NameError|UnboundLocalError|ZeroDivisionError|NoMethodError|SyntaxError|RecursionError)\b|called `(?:Option|Result)::unwrap\(\)`|assertion failed|stack overflow|concurrent map/

/** `said`: the line of its log that tells most, when there is one. */
export function exitMeaning(container: Container, ended: Terminated | undefined, said?: string): ExitMeaning {
  const code = ended?.exitCode
  if (code === undefined) return { words: 'no exit code is known', remedy: READ_LOG }
  if (ended?.reason === 'OOMKilled') {
    const limit = container.spec?.resources?.limits?.memory
    return {
      words: `exit ${code}, OOMKilled${limit ? ` at its memory limit of ${limit}` : ', without a memory limit of its own'}`,
      remedy: 'Raise the memory limit, or find what fills the memory.',
    }
  }
  if (said && FAULT.test(said)) {
    return {
      words: `exit ${code}, the program fails over a fault of its own`,
      remedy: 'Hand its trace to whoever builds the image, and use a build without the fault.',
    }
  }
  const [words, remedy] = CODES[code] ?? otherCode(code)
  return { words: `exit ${code}, ${words}`, remedy }
}

function otherCode(code: number): [string, string] {
  const signal = code > 128 && code < 160 ? code - 128 : undefined
  if (signal !== undefined) return [`ended by signal ${signal}`, READ_LOG]
  return ['the application reports an error of its own', READ_LOG]
}
