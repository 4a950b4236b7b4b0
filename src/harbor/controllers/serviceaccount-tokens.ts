// Token secrets: a Secret of type service-account-token is filled in for its ServiceAccount, and goes with it.
import type { KubeObject } from '../../objects/object.ts'
import { API_AUDIENCE, tokensOf } from '../tokens.ts'
import type { Controller, World } from '../world.ts'
import { MANAGER } from './owners.ts'
import { keyedController, keyOf, splitKey } from './queue.ts'

const TYPE = 'kubernetes.io/service-account-token'
const NAME = 'kubernetes.io/service-account.name'
const UID = 'kubernetes.io/service-account.uid'

export const tokenController: Controller = keyedController('tokens-controller', (world) => ({
  // loaded secrets stay as they are: their tokens may have been left out on purpose
  initial: () => [],
  concerns({ object, type }) {
    if (object.kind === 'Secret') return object.type === TYPE && type !== 'DELETED' ? [keyOf(object)] : []
    if (object.kind !== 'ServiceAccount' || type === 'MODIFIED') return []
    return secretsOf(world, object).map(keyOf)
  },
  reconcile(key) {
    const secret = world.find('Secret', ...splitKey(key))
    if (secret) fill(world, secret)
  },
}))

function secretsOf(world: World, { metadata }: KubeObject): KubeObject[] {
  return world
    .list('Secret', { namespace: metadata.namespace ?? '' })
    .filter((secret) => secret.type === TYPE && secret.metadata.annotations?.[NAME] === metadata.name)
}

function fill(world: World, secret: KubeObject): void {
  const { namespace = '', name, annotations } = secret.metadata
  const account = world.find('ServiceAccount', namespace, annotations?.[NAME] ?? '')
  const known = annotations?.[UID]
  if (!account || (known && known !== account.metadata.uid)) {
    world.delete('Secret', namespace, name, { manager: MANAGER })
    return
  }
  const uid = account.metadata.uid ?? ''
  if (known === uid && secret.data?.token && secret.data['ca.crt'] && secret.data.namespace) return
  const ca: string = world.find('ConfigMap', namespace, 'kube-root-ca.crt')?.data?.['ca.crt'] ?? ''
  const encoded = (text: string) => Buffer.from(text).toString('base64')
  const bound = { kind: 'Secret', name, uid: secret.metadata.uid ?? '' }
  const token = tokensOf(world).issue({ namespace, name: account.metadata.name, uid, audiences: [API_AUDIENCE], bound })
  world.modify(
    'Secret',
    namespace,
    name,
    (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [UID]: uid }
      draft.data = { ...draft.data, 'ca.crt': encoded(ca), namespace: encoded(namespace), token: encoded(token) }
    },
    { manager: MANAGER },
  )
}
