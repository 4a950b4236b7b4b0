// Bodies in protobuf, as a real kubectl sent them.
import { describe, expect, it } from 'vitest'
import { readProtobuf } from '../../../src/harbor/api/protobuf.ts'

const read = (base64: string) => readProtobuf(Buffer.from(base64, 'base64'))

describe('a body in protobuf', () => {
  it('is read as the JSON of its kind: nought that was asked for stays, what was never set is not there', () => {
    // kubectl create deployment web --image=nginx:1.27 --replicas=0 --port=80
    const sent =
      'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EsEBCiMKA3dlYhIAGgRhLXBiIgAqADIAOABCAFoKCgNhcHASA3dlYhKLAQgAEgwKCgoDYXBwEgN3ZWIacQocCgASABoAIgAqADIAOABCAFoKCgNhcHASA3dlYhJREjMKBW5naW54EgpuZ2lueDoxLjI3KgAyCgoAEAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA='
    expect(read(sent)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'a-pb', labels: { app: 'web' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [{ name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 80 }], resources: {} }],
          },
        },
        strategy: {},
      },
      status: {},
    })
  })

  it('has quantities, percentages and ports in the spelling of JSON', () => {
    // kubectl create quota q --hard=pods=5,cpu=500m
    const quota =
      'azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRI3ChUKAXESABoEYS1wYiIAKgAyADgAQgASHAoNCgNjcHUSBgoENTAwbQoLCgRwb2RzEgMKATUaABoAIgA='
    expect(read(quota).spec).toEqual({ hard: { cpu: '500m', pods: '5' } })
    // kubectl create pdb p --selector=app=web --max-unavailable=25%
    const budget =
      'azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSPgoVCgFwEgAaBGEtcGIiACoAMgA4AEIAEhkSDAoKCgNhcHASA3dlYhoJCAEQABoDMjUlGgoIABgAIAAoADAAGgAiAA=='
    expect(read(budget).spec).toEqual({ maxUnavailable: '25%', selector: { matchLabels: { app: 'web' } } })
    // kubectl create ingress ing --rule=a.example/=web:80
    const ingress =
      'azhzAAofChRuZXR3b3JraW5nLms4cy5pby92MRIHSW5ncmVzcxJLChcKA2luZxIAGgRhLXBiIgAqADIAOABCABIsGioKCWEuZXhhbXBsZRIdChsKGQoBLxINIgsKA3dlYhIECgAQUBoFRXhhY3QaAgoAGgAiAA=='
    expect(read(ingress).spec.rules[0].http.paths[0].backend.service).toEqual({ name: 'web', port: { number: 80 } })
  })

  it('that is cut off, of an unknown kind or no protobuf at all is not read', () => {
    const quota = Buffer.from(
      'azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRI3ChUKAXESABoEYS1wYiIAKgAyADgAQgASHAoNCgNjcHUSBgoENTAwbQoLCgRwb2RzEgMKATUaABoAIgA=',
      'base64',
    )
    for (let length = 0; length < quota.length - 20; length++) {
      const cut = readProtobuf(quota.subarray(0, length))
      expect(cut === undefined || typeof cut === 'object').toBe(true)
    }
    expect(
      readProtobuf(Buffer.from(quota.toString('latin1').replace('ResourceQuota', 'ResourceQuotb'), 'latin1')),
    ).toBeUndefined()
    expect(readProtobuf(Buffer.from('{"kind":"Pod"}'))).toBeUndefined()
  })
})
