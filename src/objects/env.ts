// Where a variable of a container comes from, in words.

/** "from Secret db, key url (optional)", "from field status.podIP", "from limits.memory of app"; `valueFrom` as the API prints it. */
export function sourceText(valueFrom: unknown): string {
  for (const [field, words] of SOURCES) {
    const source = fieldOf(valueFrom, field)
    if (typeof source === 'object' && source !== null) return `from ${words(source as Source)}`
  }
  return `from ${JSON.stringify(valueFrom) ?? 'nowhere'}`
}

type Source = Record<string, unknown>

const SOURCES: [string, (source: Source) => string][] = [
  ['secretKeyRef', (source) => keyText('Secret', source)],
  ['configMapKeyRef', (source) => keyText('ConfigMap', source)],
  ['fieldRef', ({ fieldPath }) => `field ${String(fieldPath)}`],
  [
    'resourceFieldRef',
    ({ resource, containerName }) => `${String(resource)}${containerName ? ` of ${String(containerName)}` : ''}`,
  ],
  [
    'fileKeyRef',
    ({ volumeName, path, key }) => `file ${String(path)} of volume ${String(volumeName)}, key ${String(key)}`,
  ],
]

function keyText(kind: string, { name, key, optional }: Source): string {
  return `${kind} ${String(name)}, key ${String(key)}${optional === true ? ' (optional)' : ''}`
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? (value as Source)[field]
    : undefined
}
