// A reader of a fake API for one test, and the error of what should fail.
import { clusterAt } from '../../src/kube/clusters.ts'
import { type Answer, apiOf } from './fake-api.ts'

export async function readerOf(answer: Answer) {
  const api = await apiOf(answer)
  return { api, reader: clusterAt('prod', api.url).reader }
}

export async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error as Error,
  )
}
