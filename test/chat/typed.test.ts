// What a person meant to type, whatever a phone or a copied page made of it.
import { expect, it } from 'vitest'
import { asTyped } from '../../src/chat/typed.ts'

it.each([
  ['  pods\u00a0in\u202fshop ', 'pods in shop'],
  ['is sh\u200bop ok\ufeff?', 'is shop ok?'],
  ['\u202epohs\u202c', 'pohs'],
  ['`kubectl get pods`', 'kubectl get pods'],
  ['```\nkubectl get pods\n```', 'kubectl get pods'],
  ['`shop` and `crew`', '`shop` and `crew`'],
  [
    'kubectl get pods \u2014all-namespaces -l \u201capp in (a, b)\u201d',
    'kubectl get pods --all-namespaces -l "app in (a, b)"',
  ],
  ['`kubectl logs x \u2013tail 5`', 'kubectl logs x --tail 5'],
  // outside a command they are what somebody wrote
  ['shop \u2014 it\u2019s \u201cdown\u201d', 'shop \u2014 it\u2019s \u201cdown\u201d'],
])('%j is %j', (text, typed) => {
  expect(asTyped(text)).toBe(typed)
})

it('takes no longer for a long text than for a short one', () => {
  const began = performance.now()
  for (const part of ['`', '\u200b', '\u2014 ', 'kubectl ', '`` `'])
    asTyped(`kubectl x ${part.repeat(40_000 / part.length)}`)
  expect(performance.now() - began).toBeLessThan(500)
})
