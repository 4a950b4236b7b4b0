// The few objects that newer kubectl sends only as protobuf: reviews (auth can-i, whoami), create namespace, configmap, secret, serviceaccount, token.
// Everything else is taken as JSON or YAML; answers are always JSON, which those clients accept.
import { type Json, put } from '../plain.ts'

const MAGIC = Buffer.from('k8s\0')
const MAX_DEPTH = 20

/** name → how a field is read: "string", "bool", "int", "bytes", "[]string", "{}string", "{}bytes", or a message */
interface Field {
  name: string
  type: string
}
type Message = Record<number, Field>

const field = (name: string, type = 'string'): Field => ({ name, type })

// field numbers of the generated.proto files in k8s.io/api and k8s.io/apimachinery
const MESSAGES: Record<string, Message> = {
  ObjectMeta: {
    1: field('name'),
    2: field('generateName'),
    3: field('namespace'),
    11: field('labels', '{}string'),
    12: field('annotations', '{}string'),
    14: field('finalizers', '[]string'),
  },
  Namespace: { 1: field('metadata', 'ObjectMeta') },
  ConfigMap: {
    1: field('metadata', 'ObjectMeta'),
    2: field('data', '{}string'),
    3: field('binaryData', '{}bytes'),
    4: field('immutable', 'bool'),
  },
  Secret: {
    1: field('metadata', 'ObjectMeta'),
    2: field('data', '{}bytes'),
    3: field('type'),
    4: field('stringData', '{}string'),
    5: field('immutable', 'bool'),
  },
  ServiceAccount: { 1: field('metadata', 'ObjectMeta') },
  SelfSubjectReview: { 1: field('metadata', 'ObjectMeta') },
  SelfSubjectAccessReview: { 1: field('metadata', 'ObjectMeta'), 2: field('spec', 'AccessSpec') },
  AccessSpec: {
    1: field('resourceAttributes', 'ResourceAttributes'),
    2: field('nonResourceAttributes', 'NonResourceAttributes'),
  },
  ResourceAttributes: {
    1: field('namespace'),
    2: field('verb'),
    3: field('group'),
    4: field('version'),
    5: field('resource'),
    6: field('subresource'),
    7: field('name'),
  },
  NonResourceAttributes: { 1: field('path'), 2: field('verb') },
  SelfSubjectRulesReview: { 1: field('metadata', 'ObjectMeta'), 2: field('spec', 'RulesSpec') },
  RulesSpec: { 1: field('namespace') },
  TokenRequest: { 1: field('metadata', 'ObjectMeta'), 2: field('spec', 'TokenSpec') },
  TokenSpec: {
    1: field('audiences', '[]string'),
    3: field('boundObjectRef', 'BoundObject'),
    4: field('expirationSeconds', 'int'),
  },
  BoundObject: { 1: field('kind'), 2: field('apiVersion'), 3: field('name'), 4: field('uid') },
}

/** The object in the body as JSON; undefined when it is none of the kinds above or malformed. */
export function readProtobuf(body: Buffer): Json {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  try {
    const envelope = readFields(body.subarray(MAGIC.length))
    const meta = readFields(bytesOf(envelope.get(1)?.[0]))
    const apiVersion = bytesOf(meta.get(1)?.[0]).toString('utf8')
    const kind = bytesOf(meta.get(2)?.[0]).toString('utf8')
    const shape = Object.hasOwn(MESSAGES, kind) ? MESSAGES[kind] : undefined
    if (!shape) return undefined
    return { apiVersion, kind, ...readMessage(bytesOf(envelope.get(2)?.[0]), shape, 0) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

type Value = Buffer | number

function bytesOf(value: Value | undefined): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0)
}

function readMessage(bytes: Buffer, shape: Message, depth: number): Record<string, Json> {
  if (depth > MAX_DEPTH) throw new RangeError('the message is nested too deeply')
  const result: Record<string, Json> = {}
  for (const [number, values] of readFields(bytes)) {
    const known = shape[number]
    if (known) put(result, known.name, readValue(values, known.type, depth))
  }
  return result
}

function readValue(values: Value[], type: string, depth: number): Json {
  const last = values.at(-1)
  switch (type) {
    case 'string':
      return bytesOf(last).toString('utf8')
    case 'bool':
      return last === 1
    case 'int':
      return Number(last)
    case '[]string':
      return values.map((value) => bytesOf(value).toString('utf8'))
    case '{}string':
    case '{}bytes':
      return readMap(values, type === '{}bytes' ? 'base64' : 'utf8')
    default:
      return readMessage(bytesOf(last), MESSAGES[type] ?? {}, depth + 1)
  }
}

function readMap(values: Value[], encoding: 'utf8' | 'base64'): Record<string, string> {
  const result: Record<string, string> = {}
  for (const value of values) {
    const entry = readFields(bytesOf(value))
    put(result, bytesOf(entry.get(1)?.[0]).toString('utf8'), bytesOf(entry.get(2)?.[0]).toString(encoding))
  }
  return result
}

// wire types 0 (varint), 1 (64 bit), 2 (bytes), 5 (32 bit)
function readFields(bytes: Buffer): Map<number, Value[]> {
  const fields = new Map<number, Value[]>()
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('the message is cut off')
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
    throw new RangeError('a number is too long')
  }
  while (at < bytes.length) {
    const tag = varint()
    const wire = tag & 7
    let value: Value
    if (wire === 0) value = varint()
    else {
      const length = wire === 2 ? varint() : wire === 1 ? 8 : wire === 5 ? 4 : -1
      if (length < 0 || at + length > bytes.length) throw new RangeError('the message is cut off')
      value = bytes.subarray(at, at + length)
      at += length
    }
    const number = Math.floor(tag / 8)
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return fields
}
