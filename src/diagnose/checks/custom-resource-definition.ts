// CustomResourceDefinitions that are not established, or whose conversion webhook is gone.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { condition } from '../look/pods.ts'
import { hasReadyPod } from '../look/services.ts'
import { evidence, oneLine } from '../look/words.ts'

const PATIENCE_MS = 2 * 60_000

export const customResourceDefinition: Check = {
  name: 'custom-resource-definition',
  title: 'A CustomResourceDefinition is not established, or its conversion webhook is down',
  why: 'Its objects cannot be created or read, and operators that watch them stop.',
  fix: 'Resolve the name conflict or schema error that the condition names; bring back the conversion webhook.',
  reads: ['CustomResourceDefinition', 'Service', 'Pod'],
  run(snapshot) {
    return snapshot.list('CustomResourceDefinition').flatMap((definition): Draft[] => {
      if (definition.metadata.deletionTimestamp) return []
      const bad = ['Established', 'NamesAccepted']
        .map((type) => condition(definition, type))
        .find((entry) => entry?.status === 'False')
      const age = snapshot.ageMs(bad?.lastTransitionTime ?? definition.metadata.creationTimestamp) ?? PATIENCE_MS
      if (bad && age >= PATIENCE_MS) {
        return [
          {
            severity: 'warning',
            object: refOf(definition),
            depth: 'cause',
            summary: `CustomResourceDefinition ${definition.metadata.name} is not served (${bad.type} False)`,
            cause: oneLine(bad.message ?? bad.reason),
            evidence: [evidence('status', definition, `${bad.type}=False (${bad.reason ?? ''}): ${bad.message ?? ''}`)],
            remedy: 'Resolve what the condition names; names of two definitions must not clash.',
          },
        ]
      }
      const target = definition.spec?.conversion?.webhook?.clientConfig?.service
      if (!target?.name || !snapshot.wasRead('Service') || !snapshot.wasRead('Pod')) return []
      if (snapshot.namespaces && !snapshot.namespaces.includes(target.namespace)) return []
      const service = snapshot.get('Service', target.namespace, target.name)
      if (service && (hasReadyPod(snapshot, service) || snapshot.list('Pod', target.namespace).length === 0)) return []
      return [
        {
          severity: 'warning',
          object: refOf(definition),
          depth: 'state',
          summary: `CustomResourceDefinition ${definition.metadata.name}: its conversion webhook ${target.namespace}/${target.name} ${service ? 'has no ready pod' : 'does not exist'}`,
          cause: 'objects stored in another version cannot be read or written while the webhook is down',
          evidence: [evidence('spec', definition, `conversion webhook service ${target.namespace}/${target.name}`)],
          remedy: `Bring Service ${target.namespace}/${target.name} back.`,
          dueTo: [{ apiVersion: 'v1', kind: 'Service', namespace: target.namespace, name: target.name }],
        },
      ]
    })
  },
}
