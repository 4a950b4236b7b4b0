// Somebody who may read nothing is told what is not permitted, and is never told that all is well.
import { expect, it } from 'vitest'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { NotPermittedError } from '../../src/core/errors.ts'
import { diagnosisText } from '../../src/diagnose/text.ts'
import { startHarbor } from '../../src/harbor/index.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'

it('cannot tell, and says why', async () => {
  const harbor = await startHarbor({ controllers: false })
  const cluster = clusterAt('prod', harbor.url)
  const list = async () => {
    throw new NotPermittedError('not permitted: list pods in shop', 'list pods in shop')
  }
  const clusters = clustersOf([{ ...cluster, reader: { ...cluster.reader, list } }])
  const answer = await plainAgent('what is wrong in shop', {
    clusters,
    subject: {},
    now: () => new Date(),
    signal: AbortSignal.timeout(10_000),
    progress: () => undefined,
  })
  await harbor.close()
  expect(answer.text).toMatch(/cannot tell whether shop is healthy/)
  expect(answer.tone).not.toBe('ok')
  expect(answer.partial?.join()).toMatch(/not permitted/)
  expect(diagnosisText({ healthy: true, findings: [], partial: ['not permitted: list pods in shop'] })).toMatch(
    /Cannot tell/,
  )
  expect(diagnosisText({ healthy: true, findings: [], partial: [] })).toMatch(/Nothing is wrong/)
})
