// What a name may look like: the DNS-1123 and label grammars of the API server (apimachinery/pkg/util/validation).
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/
// RBAC objects, CSRs and API services are named by "path segments": `system:node`, `v1beta1.metrics.k8s.io`
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9:._@-]*$/
const TYPE = /^[A-Za-z][A-Za-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)*\.?$/

/** DNS-1123 label: namespaces, containers, Services; at most 63 characters. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && LABEL.test(text)
}

/** DNS-1123 subdomain: most names; at most 253 characters. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && SUBDOMAIN.test(text)
}

/** The looser grammar of RBAC names; never `.` or `..`, no slash, no percent sign. */
export function isPathSegment(text: string): boolean {
  return text.length <= 253 && SEGMENT.test(text)
}

/** A resource type as kubectl takes it: `po`, `Deployment`, `deployments.apps`, `deployments.v1.apps`, `pods.v1.`. */
export function isResourceType(text: string): boolean {
  return text.length <= 253 && TYPE.test(text)
}
