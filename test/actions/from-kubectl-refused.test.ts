// Lines that compile to nothing: each is refused with the reason, and never in parts.
import { describe, expect, it } from 'vitest'
import { compiles } from '../../src/actions/from-kubectl.ts'
import { parseCommand } from '../../src/kube/kubectl/grammar.ts'
import { actions } from './of-line.ts'

describe('what does not compile is refused with the reason', () => {
  it.each<[string, RegExp]>([
    ['kubectl exec debug-shell -n shop -- ls', /exec compiles to no exact request/],
    ['kubectl cp shop/debug-shell:/a ./b', /cp compiles to no exact request/],
    ['kubectl apply -f x.yaml', /apply compiles to no exact request/],
    ['kubectl certificate approve x', /certificate approve compiles to no exact request/],
    ['helm upgrade storefront ./x -n shop', /judged and explained, not executed/],
    ['kubectl delete pod debug-shell -n shop --now --grace-period=5', /--now and --grace-period/],
    ['kubectl delete pod debug-shell -n shop --force --grace-period=5', /--force and a --grace-period above 0/],
    ['kubectl delete deploy cart -n shop --dry-run', /--dry-run is neither client, server nor none/],
    ['kubectl delete deploy cart -n shop --dry-run=Client', /--dry-run=Client is neither client, server nor none/],
    ['kubectl delete ns staging --now', /without a grace period/],
    [
      'kubectl delete pods -n shop --field-selector=status.phase=Running --raw=/x',
      /--raw compiles to no exact request/,
    ],
    ['kubectl patch deploy cart -n shop --patch-file=x.yaml', /no files are read here; give the patch with -p/],
    ['kubectl create cm x --from-file=y -n shop', /no files are read here; give --from-literal/],
    ['kubectl create secret generic x --from-literal=a=b -n shop', /refer to it by name/],
    ['kubectl set selector svc cart nonsense -n shop', /no KEY=VALUE/],
    ['kubectl set selector deploy cart a=b -n shop', /of a Service alone/],
    ['kubectl set subject deploy cart --user=x -n shop', /only a RoleBinding or ClusterRoleBinding/],
    ['kubectl set serviceaccount svc cart x -n shop', /runs no pods/],
    ['kubectl set serviceaccount pod debug-shell deployer -n shop', /of a pod cannot be changed/],
    ['kubectl scale deploy/cart --replicas=2 --resource-version=1 -n shop', /not at the resource version 1/],
    ['kubectl label deploy cart a=b --resource-version=1 -n shop', /not at the resource version 1/],
    ['kubectl set image deploy/checkout "*=x" checkout=y -n shop', /already means all containers/],
    ['kubectl set image deploy/checkout nosuch=y -n shop', /no container "nosuch"/],
    ['kubectl create service clusterip x -n shop', /needs --tcp/],
    ['kubectl create service clusterip x --tcp=http -n shop', /no port/],
    ["kubectl create ingress x --rule='a.example.com=web:80' -n shop", /no rule/],
    ['kubectl create role x --verb=get --resource=frobs -n shop', /PLURAL.GROUP/],
    ['kubectl create rolebinding x --role=a --clusterrole=b -n shop', /either --clusterrole or --role/],
    ['kubectl create rolebinding x --role=a --serviceaccount=b -n shop', /NAMESPACE:NAME/],
    ['kubectl autoscale deploy cart --max=3 --cpu=lots -n shop', /no goal for cpu/],
    ['kubectl run x --image=y --expose -n shop', /needs --port/],
    [
      `kubectl run x --image=y -n shop --overrides='{"metadata":{"name":"z"}}'`,
      /may not change the kind, name or namespace/,
    ],
    ['kubectl delete -f x.yaml', /--filename compiles to no exact request/],
    [
      'kubectl scale deploy/cart --replicas=2 --current-replicas=1 -n shop',
      /cart has 2 replicas and not 1, so it is not scaled/,
    ],
    ['kubectl drain worker-b --force', /--force/],
    ['kubectl drain worker-b --disable-eviction', /--disable-eviction/],
    ['kubectl delete pods -n shop', /Give a name, a selector or --all/],
    ['kubectl delete pods -l app=nobody -n shop', /matches no object/],
    ['kubectl label frobs x a=b', /no type that this cluster is known to serve/],
    ['kubectl label deploy cart app=other -n shop', /say --overwrite/],
    ['kubectl set image deploy/checkout checkout=x b=y -n shop', /has no container "b"/],
    ['kubectl set env deploy/checkout --from=secret/db-credentials -n shop', /needs --keys/],
    ['kubectl taint nodes worker-a a=b:Sometimes', /no taint/],
    ['kubectl taint deploy cart a=b:NoExecute', /only nodes/],
    ['kubectl patch deploy cart -n shop -p nope', /valid JSON/],
    ['kubectl run x --image=y --rm -i -n shop', /run --(rm|stdin)/],
    ['kubectl rollout restart deploy -A', /all-namespaces|not known/],
  ])('%s', async (line, reason) => {
    await expect(actions(line)).rejects.toThrow(reason)
  })
  it.each(['kubectl exec a -- b', 'kubectl frob a', 'helm uninstall x'])('%s never gets a button', (line) => {
    const parsed = parseCommand(line)
    const command = parsed.ok ? parsed : parsed.command
    expect(command && compiles(command)).toBe(false)
  })
})
