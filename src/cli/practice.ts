// What the practice cluster starts with: the files asked for, else the built-in story of a web shop after a bad release.
import { join } from 'node:path'
import { type LoadedFiles, loadFiles } from '../objects/files.ts'

const STORY = join(import.meta.dirname, 'practice', 'shop.yaml')

export function practiceFiles(files: string[], stdin: AsyncIterable<Buffer | string>): Promise<LoadedFiles> {
  return loadFiles(files.length > 0 ? files : [STORY], stdin)
}
