// read_resource: a ConfigMap, or a listed https address (a runbook). Files of the machine are never read.
import { stringify } from 'yaml'
import { z } from 'zod'
import { UsageError } from '../core/errors.ts'
import { checkName } from '../kube/names.ts'
import { fetchPage } from './fetch-page.ts'
import { oneNamespace } from './scope.ts'
import { defineTool } from './tool.ts'

export const readResource = defineTool({
  name: 'read_resource',
  description:
    'Reads configmap:NAME:NAMESPACE, or an https address that the operator has listed (a runbook). No files.',
  effect: 'read',
  parameters: z.object({ path_or_url: z.string().max(2000) }),
  result: z.object({ text: z.string(), notes: z.array(z.string()) }),
  async run({ path_or_url: what }, { scope, settings, signal }) {
    const [scheme, name = '', namespace, ...more] = what.split(':')
    if (scheme === 'configmap' && more.length === 0) {
      const ref = { kind: 'ConfigMap', name: checkName(name, 'ConfigMap'), namespace: oneNamespace(scope, namespace) }
      const object = await scope.cluster.reader.read(ref, { signal })
      return {
        text: stringify(object.data ?? {}, { lineWidth: 0 }),
        notes: object.binaryData ? ['binary data left out'] : [],
      }
    }
    if (!/^https?:/.test(what))
      throw new UsageError('this reads configmap:NAME:NAMESPACE or a listed https address, and no files.')
    const { text, cut } = await fetchPage(what, { urls: settings.urls, privateRanges: settings.privateRanges, signal })
    return { text, notes: cut ? ['cut at 512 KiB'] : [] }
  },
})
