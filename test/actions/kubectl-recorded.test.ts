// Command by command, what kubectl itself makes of it (`--dry-run=client -o json`, recorded) beside what our requests make of the same objects.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { planOf } from '../../src/actions/compile.ts'
import { actionsOf } from '../../src/actions/from-kubectl.ts'
import type { Request } from '../../src/core/plan.ts'
import { refKey } from '../../src/core/ref.ts'
import { parseCommand } from '../../src/kube/kubectl/grammar.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { type KubeObject, refOf } from '../../src/objects/object.ts'
import { applyJsonPatch } from '../../src/objects/patch-json.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'

const here = join(import.meta.dirname, 'kubectl')
const world = new Snapshot(await loadFiles([join(here, 'world.json')]))
const recorded = readFileSync(join(here, 'recorded.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { command: string; objects: KubeObject[] })

describe('what is sent makes the object that kubectl would make', () => {
  it.each(recorded.map((entry) => [entry.command, entry.objects] as const))('%s', async (line, objects) => {
    const command = parseCommand(line)
    if (!command.ok) throw new Error(command.reason)
    const { plan } = await planOf(await actionsOf(command, world), 'test', world)
    const made = new Map(plan.steps.map((step) => [refKey(step.object), after(step.request, world.find(step.object))]))
    for (const object of objects) {
      const key = refKey(refOf(object))
      // what already is as asked is left out of the plan
      expect([key, made.get(key) ?? plain(world.find(refOf(object)) as KubeObject)]).toEqual([key, plain(object)])
      made.delete(key)
    }
    expect([...made.keys()]).toEqual([])
  })
})

function after(request: Request, live: KubeObject | undefined): unknown {
  if (request.method === 'POST') return plain(request.body as KubeObject)
  expect(request).toMatchObject({ method: 'PATCH', contentType: 'application/json-patch+json' })
  return plain(applyJsonPatch(structuredClone(live), request.body as never) as KubeObject)
}

const SERVER = ['creationTimestamp', 'managedFields', 'resourceVersion', 'generation', 'uid', 'selfLink']

/** Without what the server writes, and what says nothing: null, {} and []. */
function plain({ status: _status, metadata, ...rest }: KubeObject): unknown {
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !SERVER.includes(key)))
  return meaning({ ...rest, metadata: kept })
}

function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaning)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([key, inner]) => [key, meaning(inner)] as const)
  return Object.fromEntries(
    fields.filter(
      ([, inner]) => inner !== null && !(typeof inner === 'object' && Object.keys(inner as object).length === 0),
    ),
  )
}
