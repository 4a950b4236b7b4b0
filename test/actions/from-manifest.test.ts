import { describe, expect, it } from 'vitest'
import { planOf } from '../../src/actions/compile.ts'
import { actionsOfManifest, pastedManifest } from '../../src/actions/from-manifest.ts'
import { loadWorld } from '../safety/world.ts'

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flags\ndata:\n  a: b'
const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: 81}]}'

function actions(text: string) {
  const pasted = pastedManifest(text)
  if (!pasted) throw new Error('no manifest')
  return actionsOfManifest(pasted)
}

describe('a manifest behind kubectl apply -f - is one action for each object', () => {
  it.each([
    ['as it stands', `kubectl apply -n shop -f -\n${CONFIG}`],
    ['in a code block', `kubectl apply -n shop -f -\n\`\`\`yaml\n${CONFIG}\n\`\`\``],
    ['in a code block that begins on the line', `kubectl apply -n shop -f - \`\`\`\n${CONFIG}\n\`\`\``],
    ['as a here-document', `kubectl apply -n shop -f - <<EOF\n${CONFIG}\nEOF`],
    ['as a quoted here-document', `kubectl apply -n shop --server-side -f - <<'END'\n${CONFIG}\nEND\n`],
  ])('%s', (_name, text) =>
    expect(actions(text)).toEqual([
      {
        verb: 'apply',
        manifest: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'flags', namespace: 'shop' },
          data: { a: 'b' },
        },
      },
    ]),
  )

  it('several documents, created', () =>
    expect(actions(`kubectl create -f - -n shop\n${CONFIG}\n---\n${SERVICE}`)).toMatchObject([
      { verb: 'create', manifest: { kind: 'ConfigMap' } },
      { verb: 'create', manifest: { kind: 'Service', metadata: { namespace: 'shop' } } },
    ]))

  it('compiles to the requests of exactly these objects', async () => {
    const world = loadWorld()
    const { plan } = await planOf(actions(`kubectl apply -f - -n shop\n${CONFIG}\n---\n${SERVICE}`), 'test', world)
    expect(plan.steps.map(({ request }) => [request.method, request.path.split('?')[0]])).toEqual([
      ['POST', '/api/v1/namespaces/shop/configmaps'],
      ['PATCH', '/api/v1/namespaces/shop/services/cart'],
    ])
  })

  it('what names no namespace goes to that of the thread, what names one stays there', () => {
    const pasted = pastedManifest(`kubectl apply -f -\n${CONFIG}\n---\n${SERVICE}`)
    expect(pasted && actionsOfManifest(pasted, 'team')).toMatchObject([
      { manifest: { metadata: { name: 'flags', namespace: 'team' } } },
      { manifest: { metadata: { name: 'cart', namespace: 'shop' } } },
    ])
  })

  it('a cluster-scoped object gets no namespace', () =>
    expect(actions('kubectl apply -n shop -f -\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}')).toEqual([
      { verb: 'apply', manifest: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } } },
    ]))
})

it.each([
  [
    'another namespace than the command says',
    `kubectl apply -f - -n staging\n${SERVICE}`,
    /namespace shop and the command staging/,
  ],
  ['a flag that would be dropped', `kubectl apply --prune -l a=b -f - -n shop\n${CONFIG}`, /--prune|--selector/],
  ['nothing', 'kubectl apply -f - -n shop\n# nothing', /no object/],
  ['no object', 'kubectl apply -f - -n shop\na: b', /no Kubernetes object/],
  ['far too much', `kubectl apply -f - -n shop\n${'#'.repeat(70_000)}`, /larger than 64 KiB/],
  [
    'many',
    `kubectl apply -f - -n shop\n${Array.from({ length: 21 }, () => CONFIG).join('\n---\n')}`,
    /more than the 20/,
  ],
])('%s is refused', (_name, text, reason) => expect(() => actions(text)).toThrow(reason))

it.each([
  'kubectl apply -f x.yaml -n shop',
  `kubectl apply -f x.yaml -n shop\n${CONFIG}`,
  `kubectl delete -f - -n shop\n${CONFIG}`,
  `kubectl apply -f - --token=x\n${CONFIG}`,
  `kubectl get pods; kubectl apply -f - -n shop\n${CONFIG}`,
  'kubectl get pods -n shop\nkubectl delete ns shop',
])('%s is no pasted manifest', (text) => expect(pastedManifest(text)).toBeUndefined())

it('a Secret is never applied from a message', async () => {
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}'
  await expect(planOf(actions(`kubectl apply -f - -n shop\n${secret}`), 'test', loadWorld())).rejects.toThrow(
    /Secrets are not applied/,
  )
})
