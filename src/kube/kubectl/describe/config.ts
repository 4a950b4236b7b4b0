// Configuration and rights: ConfigMaps, Secrets (names and sizes only), service accounts, roles.
import type { KubeObject } from '../../../objects/object.ts'
import { hiddenSize } from '../../secrets.ts'
import { cell } from '../print.ts'
import type { Describer } from './describer.ts'
import { isMap, listOf, optional, section } from './lines.ts'

const MAX_VALUE_LINES = 60

export const configMap: Describer = (object) => {
  const data = isMap(object.data) ? Object.entries(object.data) : []
  const binary = isMap(object.binaryData) ? Object.entries(object.binaryData) : []
  return {
    facts: [['Immutable', optional(object.immutable)]],
    sections: [
      [
        'Data:',
        ...(data.length === 0
          ? ['  <none>']
          : data.flatMap(([key, value]) => [`  ${key}:`, ...valueLines(String(value))])),
      ],
      ...(binary.length > 0
        ? [
            [
              'Binary Data:',
              ...binary.map(([key, value]) => `  ${key}: ${Buffer.byteLength(String(value), 'base64')} bytes`),
            ],
          ]
        : []),
    ],
  }
}

function valueLines(value: string): string[] {
  const lines = value.replace(/\n$/, '').split('\n')
  const shown = lines.slice(0, MAX_VALUE_LINES).map((line) => `    ${line.slice(0, 500)}`)
  return lines.length > MAX_VALUE_LINES ? [...shown, `    (${lines.length - MAX_VALUE_LINES} more lines)`] : shown
}

export const secret: Describer = (object) => {
  const data = isMap(object.data) ? Object.entries(object.data) : []
  return {
    facts: [
      ['Type', optional(object.type)],
      ['Immutable', optional(object.immutable)],
    ],
    // values were masked when they were read; only their size is left
    sections: [
      [
        'Data:',
        ...(data.length === 0 ? ['  <none>'] : data.map(([key, value]) => `  ${key}: ${hiddenSize(value) ?? 0} bytes`)),
      ],
    ],
  }
}

export const serviceAccount: Describer = (object) => ({
  facts: [
    [
      'Pull Secrets',
      listOf(object.imagePullSecrets)
        .map((item) => cell(item.name))
        .join(', ') || '<none>',
    ],
    [
      'Mountable Secrets',
      listOf(object.secrets)
        .map((item) => cell(item.name))
        .join(', ') || '<none>',
    ],
    ['Automount Token', optional(object.automountServiceAccountToken)],
  ],
})

export const role: Describer = (object) => {
  const rows = listOf(object.rules).map((rule) => {
    const groups = listOf(rule.apiGroups)
    const resources = listOf(rule.resources).map((resource) =>
      groups[0] ? `${cell(resource)}.${cell(groups[0])}` : cell(resource),
    )
    return [
      [...resources, ...listOf(rule.nonResourceURLs).map(cell)].join(', '),
      listOf(rule.resourceNames).map(cell).join(', ') || '*',
      listOf(rule.verbs).map(cell).join(', '),
    ]
  })
  return { facts: [], sections: [section('Rules', rows.length > 0 ? [['Resources', 'Names', 'Verbs'], ...rows] : [])] }
}

export const roleBinding: Describer = (object: KubeObject) => ({
  facts: [
    ['Role', `${cell(object.roleRef?.kind)}/${cell(object.roleRef?.name)}`],
    [
      'Subjects',
      listOf(object.subjects).map(
        (subject) =>
          `${cell(subject.kind)} ${subject.namespace ? `${cell(subject.namespace)}/` : ''}${cell(subject.name)}`,
      ),
    ],
  ],
})
