// Ingresses that no controller serves: their class does not exist, or they name none and there is no default.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { nearest } from '../look/names.ts'
import { duration, evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const PATIENCE_MS = 5 * 60_000
const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class'

export const ingressClass: Check = {
  name: 'ingress-class',
  title: 'An Ingress names an IngressClass that does not exist',
  why: 'Controllers serve only the Ingresses of their class: a wrong or missing class leaves the host without any route, silently.',
  fix: 'Set ingressClassName to an existing class, or create the class with its controller.',
  reads: ['Ingress', 'IngressClass'],
  run(snapshot) {
    if (!snapshot.wasRead('IngressClass')) return []
    const classes = snapshot.list('IngressClass')
    const names = classes.map((entry) => entry.metadata.name)
    return snapshot.list('Ingress').flatMap((ingress): Draft[] => {
      if (ingress.metadata.deletionTimestamp) return []
      const named = ingress.spec?.ingressClassName
      const annotated = ingress.metadata.annotations?.['kubernetes.io/ingress.class']
      const name = named ?? annotated
      const served = Boolean(ingress.status?.loadBalancer?.ingress?.length)
      const age = snapshot.ageMs(ingress.metadata.creationTimestamp) ?? PATIENCE_MS
      const hosts = hostsOf(ingress)
      if (name === undefined) {
        if (served || age < PATIENCE_MS || classes.some((entry) => entry.metadata.annotations?.[IS_DEFAULT] === 'true'))
          return []
        return [
          {
            severity: 'warning',
            object: refOf(ingress),
            depth: 'cause',
            summary: `Ingress ${nameOf(ingress)} names no class and no IngressClass is the default: no controller serves ${hosts}`,
            cause:
              classes.length > 0
                ? `ingressClassName is not set; there are ${some(names)}, none marked as default`
                : 'ingressClassName is not set and the cluster has no IngressClass',
            evidence: [
              evidence('spec', ingress, 'no ingressClassName'),
              evidence('status', ingress, `no address after ${duration(age)}`),
            ],
            remedy:
              classes.length === 1
                ? `Set ingressClassName to ${names[0]}.`
                : `Set ingressClassName to one of ${some(names)}.`,
            ...(classes.length === 1 ? { action: patchClass(ingress, String(names[0])) } : {}),
          },
        ]
      }
      // the annotation is older than IngressClass objects: a controller may answer to it without one
      if (names.includes(name) || (named === undefined && (served || classes.length === 0))) return []
      const near = nearest(name, names) ?? (names.length === 1 ? names[0] : undefined)
      return [
        {
          severity: served ? 'warning' : 'critical',
          object: refOf(ingress),
          depth: 'cause',
          summary: `Ingress ${nameOf(ingress)} names class ${name}, which does not exist: no controller serves ${hosts}`,
          cause: `there is no IngressClass ${name}${names.length > 0 ? `; there ${names.length === 1 ? 'is' : 'are'} ${some(names)}` : ' and no other either'}`,
          evidence: [
            evidence(
              'spec',
              ingress,
              `${named === undefined ? 'annotation kubernetes.io/ingress.class' : 'ingressClassName'}: ${name}`,
            ),
            ...(served ? [] : [evidence('status', ingress, 'no load balancer address')]),
          ],
          remedy: near
            ? `Set ingressClassName to ${near}, or create IngressClass ${name} with its controller.`
            : `Create IngressClass ${name} and install its controller.`,
          ...(near && named !== undefined ? { action: patchClass(ingress, near) } : {}),
          ...(ingress.metadata.creationTimestamp ? { since: ingress.metadata.creationTimestamp } : {}),
        },
      ]
    })
  },
}

function hostsOf(ingress: KubeObject): string {
  const hosts = (ingress.spec?.rules ?? []).flatMap((rule: { host?: string }) => rule.host ?? [])
  return hosts.length > 0 ? some(hosts) : 'its paths'
}

function patchClass(ingress: KubeObject, name: string): Draft['action'] {
  return { verb: 'patch', target: refOf(ingress), type: 'merge', patch: { spec: { ingressClassName: name } } }
}
