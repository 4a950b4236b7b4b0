// The list of checks: every file is in it, each tells what it is for, and the page in docs says the same.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CHECKS } from '../../src/diagnose/checks/index.ts'
import { checksPage } from '../../src/diagnose/page.ts'
import { kindsToRead } from '../../src/diagnose/reads.ts'

const files = readdirSync(join(import.meta.dirname, '../../src/diagnose/checks'))
  .filter((file) => file !== 'index.ts')
  .map((file) => file.replace('.ts', ''))

test('every file in checks/ is in the list, under its own name', () => {
  expect(CHECKS.map(({ name }) => name).sort()).toEqual(files.sort())
})

test('the list is alphabetical and has no name twice', () => {
  const names = CHECKS.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)].sort())
})

test('there are at least sixty', () => {
  expect(CHECKS.length).toBeGreaterThanOrEqual(60)
})

test.each(CHECKS.map((check) => [check.name, check] as const))(
  '%s says what, why and how to mend, and what it reads',
  (_name, check) => {
    for (const words of [check.title, check.why, check.fix]) expect(words.length).toBeGreaterThan(15)
    expect(check.reads.length).toBeGreaterThan(0)
    expect(kindsToRead([check])).toEqual(expect.arrayContaining(check.reads))
  },
)

test('the page in docs is made of the checks (update it with: npx vitest run test/diagnose/list.test.ts -u)', async () => {
  await expect(checksPage(CHECKS)).toMatchFileSnapshot('../../docs/checks.md')
})
