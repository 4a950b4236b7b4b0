import { expect, test } from 'vitest'
import type { Approval } from '../../src/safety/approval.ts'
import { stillWrong } from '../../src/tasks/change/troubles.ts'

type Trouble = Approval['troubles'][number]

function trouble(check: string, object: string, more: Partial<Trouble> = {}): Trouble {
  return { check, object, summary: `${object} ${check}`, about: [], remedied: false, ...more }
}

const blocked = trouble('network-policy-dns', 'NetworkPolicy shop/deny', {
  about: ['NetworkPolicy/shop/deny', 'Deployment/shop/web'],
  remedied: true,
})
const crashing = trouble('crash-loop', 'Deployment shop/web', { about: ['Deployment/shop/web'] })

test('what suffered from a remedied trouble must be well, whatever its illness is called now', () => {
  expect(stillWrong([blocked], [crashing])).toEqual({ still: [crashing], fresh: [] })
  expect(stillWrong([blocked], [])).toEqual({ still: [], fresh: [] })
})

test('a trouble that the plan was not made for counts under its own name alone', () => {
  const before = [{ ...blocked, remedied: false }]
  expect(stillWrong(before, [crashing])).toEqual({ still: [], fresh: [crashing] })
  expect(stillWrong([crashing], [crashing])).toEqual({ still: [crashing], fresh: [] })
})

test('what is ill elsewhere is new', () => {
  const other = trouble('image-pull', 'Deployment shop/cart', { about: ['Deployment/shop/cart'] })
  expect(stillWrong([blocked], [other])).toEqual({ still: [], fresh: [other] })
})
