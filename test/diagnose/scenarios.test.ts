// The recorded scenarios, scored as the acceptance does.
import { describe, expect, test } from 'vitest'
import { CORPORA, namesIn, score } from '../eval/score.ts'

describe.each(CORPORA)('%s', (folder) => {
  test.each(namesIn(folder))('%s', (name) => {
    expect(score(folder, name).mistakes).toEqual([])
  })
})
