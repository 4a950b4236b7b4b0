// get_services: each Service with the pods behind it, counted from its EndpointSlices.
import { z } from 'zod'
import type { KubeObject } from '../objects/object.ts'
import { ageOf, ListParameters, listKind, mapText, READ, rowsOf } from './lists.ts'
import { defineTool } from './tool.ts'

export const getServices = defineTool({
  name: 'get_services',
  description: 'Services with type, ports, selector and how many ready and unready endpoints stand behind them.',
  effect: 'read',
  parameters: ListParameters,
  result: rowsOf({
    namespace: z.string(),
    name: z.string(),
    type: z.string(),
    address: z.string(),
    ports: z.string(),
    selector: z.string(),
    ready: z.number(),
    unready: z.number(),
    age: z.string(),
  }),
  async run(args, context) {
    const [{ items, notes }, slices] = await Promise.all([
      listKind('Service', args, context),
      listKind('EndpointSlice', { namespace: args.namespace }, context, READ),
    ])
    return {
      items: items.map((service) => ({
        namespace: service.metadata.namespace ?? '',
        name: service.metadata.name,
        type: String(service.spec?.type ?? 'ClusterIP'),
        address: String(service.spec?.externalName ?? service.spec?.clusterIP ?? ''),
        ports: ((service.spec?.ports ?? []) as Port[]).map(portText).join(' '),
        selector: mapText(service.spec?.selector),
        ...endpointsOf(service, slices.items),
        age: ageOf(service, context.now()),
      })),
      notes,
    }
  },
})

interface Port {
  name?: string
  port?: number
  targetPort?: number | string
  protocol?: string
}

function portText({ name, port, targetPort, protocol }: Port): string {
  return `${name ? `${name}:` : ''}${port}→${targetPort ?? port}${protocol && protocol !== 'TCP' ? `/${protocol}` : ''}`
}

function endpointsOf(service: KubeObject, slices: readonly KubeObject[]): { ready: number; unready: number } {
  const own = slices.filter(
    ({ metadata }) =>
      metadata.namespace === service.metadata.namespace &&
      metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name,
  )
  const endpoints = own.flatMap((slice) => (slice.endpoints ?? []) as { conditions?: { ready?: boolean } }[])
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false).length
  return { ready, unready: endpoints.length - ready }
}
