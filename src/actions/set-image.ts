// Gives one container another image.
import { UsageError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import type { ActionMember } from './action.ts'
import { inverseOf } from './inverse.ts'
import { findTarget, kubectlName, preconditionOf } from './objects.ts'
import { patchStep, quote } from './requests.ts'
import { containerOf, rolloutExpectation, TEMPLATED } from './workloads.ts'

// a reference as container runtimes take it: host, path, tag, digest; no blanks, nothing a terminal acts on
const IMAGE = /^[A-Za-z0-9][\w.\-/:@]{0,511}$/

export const setImage: ActionMember<'set-image'> = {
  verb: 'set-image',
  summary: 'give a container another image',
  async compile({ target, container, image }, { lookup }) {
    if (!IMAGE.test(image))
      throw new UsageError(
        `"${image.slice(0, 80)}" is no image reference; allowed is such as registry.example.com/shop/cart:1.2`,
      )
    const found = await findTarget(target, lookup, TEMPLATED)
    const { path, container: spec } = containerOf(found.live, container)
    const words = `${refText(found.ref)}, container ${String(spec.name)}: image ${image}`
    const kubectl = `kubectl set image ${kubectlName(found.ref)} ${quote(`${String(spec.name)}=${image}`)}`
    const step = patchStep(found, [{ path: [...path, 'image'], value: image }], words, kubectl)
    return { steps: [step], preconditions: [preconditionOf(found.live)], executionSeconds: 60 }
  },
  undo: (_, steps) => inverseOf(steps),
  expect: (_, [step]) => (step ? [rolloutExpectation(step.object)] : []),
}
