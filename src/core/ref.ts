// The name of one Kubernetes object.
import { z } from 'zod'

export const ObjectRef = z.object({
  apiVersion: z.string().optional(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
})
export type ObjectRef = z.infer<typeof ObjectRef>

/** `Deployment shop/checkout`, `Node worker-a`. */
export function refText(ref: ObjectRef): string {
  return `${ref.kind} ${ref.namespace ? `${ref.namespace}/` : ''}${ref.name}`
}

/** Equal for the same object whatever the apiVersion said. */
export function refKey(ref: ObjectRef): string {
  return `${ref.kind}/${ref.namespace ?? ''}/${ref.name}`
}
