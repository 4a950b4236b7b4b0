// The POLICY_FILE, read where it is set. The rule language is loaded only where there are rules.
import { readFile } from 'node:fs/promises'
import { messageOf, SettingsError } from '../core/errors.ts'
import type { Policy } from './rules.ts'

/** Throws a SettingsError with file and line for what it cannot read. No file: no rules. */
export async function loadPolicy({ POLICY_FILE: file }: { POLICY_FILE?: string | undefined }): Promise<Policy> {
  if (!file) return { rules: [], levels: new Map(), budgets: {}, routing: undefined }
  const { parsePolicy } = await import('./rules.ts')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new SettingsError(`POLICY_FILE names ${file}, which cannot be read: ${messageOf(error)}.`)
  })
  return parsePolicy(text, file)
}
