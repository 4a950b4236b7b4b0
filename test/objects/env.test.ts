import { expect, test } from 'vitest'
import { sourceText } from '../../src/objects/env.ts'

test.each([
  [{ secretKeyRef: { name: 'db', key: 'url' } }, 'from Secret db, key url'],
  [{ configMapKeyRef: { name: 'app', key: 'level', optional: true } }, 'from ConfigMap app, key level (optional)'],
  [{ fieldRef: { fieldPath: 'status.podIP' } }, 'from field status.podIP'],
  [{ resourceFieldRef: { resource: 'limits.memory', containerName: 'app' } }, 'from limits.memory of app'],
  [{ resourceFieldRef: { resource: 'limits.memory' } }, 'from limits.memory'],
  [{ fileKeyRef: { volumeName: 'env', path: 'a.env', key: 'A' } }, 'from file a.env of volume env, key A'],
  [{ somethingNew: { a: 1 } }, 'from {"somethingNew":{"a":1}}'],
  [undefined, 'from nowhere'],
])('%j is %s', (valueFrom, words) => {
  expect(sourceText(valueFrom)).toBe(words)
})
