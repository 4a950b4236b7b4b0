// Bodies in protobuf, which kubectl and other clients of the API's own libraries send: read by the field numbers of the 1.36 types.
// Answers are always JSON (or YAML), which those clients accept.

import { readFileSync } from 'node:fs'
import { type Json, put } from '../plain.ts'

const MAGIC = Buffer.from('k8s\0')
const MAX_DEPTH = 40

/** `name` is '' for what JSON shows as fields of the message around it. */
interface Field {
  name: string
  /**
   * string, bool, int, float, bytes, a message, or one of the types that JSON writes in its own way (quantity, intstr, time, micro, duration,
   * raw, list); "[]" and "{}" before it: a list, a map; "*": what is there counts, even when it is nought or empty
   */
  type: string
}
type Message = Map<number, Field>

interface Numbers {
  roots: Map<string, string>
  messages: Map<string, string>
}

let loaded: Numbers | undefined
const messages = new Map<string, Message>()

// read when the first body in protobuf comes
function numbers(): Numbers {
  if (loaded) return loaded
  const file = new URL('../schema/protobuf.json', import.meta.url)
  const { roots, messages: all } = JSON.parse(readFileSync(file, 'utf8'))
  loaded = { roots: new Map(Object.entries(roots)), messages: new Map(Object.entries(all)) }
  return loaded
}

function messageOf(name: string): Message {
  const known = messages.get(name)
  if (known) return known
  const message: Message = new Map()
  for (const field of (numbers().messages.get(name) ?? '').split(', ')) {
    const [number, fieldName = '', type = ''] = field.split(' ')
    message.set(Number(number), { name: fieldName === '-' ? '' : fieldName, type })
  }
  messages.set(name, message)
  return message
}

/** The object in the body as JSON; undefined when its kind is not known or it is malformed. */
export function readProtobuf(body: Buffer): Json {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  try {
    const envelope = readFields(body.subarray(MAGIC.length))
    const meta = readFields(bytesOf(envelope.get(1)))
    const apiVersion = textOf(meta.get(1))
    const kind = textOf(meta.get(2))
    // options of a deletion come under the version of what is deleted
    const key = kind === 'DeleteOptions' ? 'v1/DeleteOptions' : `${apiVersion}/${kind}`
    const root = numbers().roots.get(key)
    if (!root) return undefined
    return { apiVersion, kind, ...readMessage(bytesOf(envelope.get(2)), root, 0) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

type Value = Buffer | number

// of a field that is there several times the last one counts
function bytesOf(values: Value[] | undefined): Buffer {
  const last = values?.at(-1)
  return Buffer.isBuffer(last) ? last : Buffer.alloc(0)
}

const textOf = (values: Value[] | undefined) => bytesOf(values).toString('utf8')
const numberOf = (values: Value[] | undefined) => Number(values?.find((value) => typeof value === 'number') ?? 0)

function readMessage(bytes: Buffer, name: string, depth: number): Record<string, Json> {
  if (depth > MAX_DEPTH) throw new RangeError('the message is nested too deeply')
  const result: Record<string, Json> = {}
  const message = messageOf(name)
  for (const [number, values] of readFields(bytes)) {
    const field = message.get(number)
    if (!field) continue
    const value = readField(values, field.type, depth)
    if (value === undefined) continue
    if (field.name === '') Object.assign(result, value)
    else put(result, field.name, value)
  }
  return result
}

function readField(values: Value[], type: string, depth: number): Json {
  if (type.startsWith('[]')) return values.map((value) => readOne([value], type.slice(2), depth) ?? '')
  if (type.startsWith('{}')) return readMap(values, type.slice(2), depth)
  if (type.startsWith('*')) return readOne(values, type.slice(1), depth)
  const value = readOne(values, type, depth)
  // the encoding writes what Go's JSON leaves out
  return value === '' || value === 0 || value === false ? undefined : value
}

function readMap(values: Value[], type: string, depth: number): Record<string, Json> {
  const result: Record<string, Json> = {}
  for (const value of values) {
    const entry = readFields(bytesOf([value]))
    put(result, textOf(entry.get(1)), readOne(entry.get(2) ?? [], type, depth))
  }
  return result
}

function readOne(values: Value[], type: string, depth: number): Json {
  switch (type) {
    case 'string':
      return textOf(values)
    case 'bool':
      return numberOf(values) === 1
    case 'int':
      return numberOf(values)
    case 'float':
      return bytesOf(values).length === 8 ? bytesOf(values).readDoubleLE() : 0
    case 'bytes':
      return bytesOf(values).toString('base64')
    default:
      return numbers().messages.has(type) ? readMessage(bytesOf(values), type, depth + 1) : readOwn(values, type)
  }
}

/** The types whose JSON is not that of their fields. */
function readOwn(values: Value[], type: string): Json {
  const fields = readFields(bytesOf(values))
  switch (type) {
    case 'quantity':
      return textOf(fields.get(1))
    case 'intstr':
      return numberOf(fields.get(1)) === 1 ? textOf(fields.get(3)) : numberOf(fields.get(2))
    case 'time':
    case 'micro':
      return timeOf(numberOf(fields.get(1)), numberOf(fields.get(2)), type)
    case 'duration':
      return `${numberOf(fields.get(1)) / 1e9}s`
    case 'raw':
      return rawOf(textOf(fields.get(1)))
    default:
      return (fields.get(1) ?? []).map((value) => textOf([value]))
  }
}

// a time that was never set is an empty message
function timeOf(seconds: number, nanos: number, type: 'time' | 'micro'): string | undefined {
  const at = new Date(seconds * 1000)
  if (seconds === 0 || Number.isNaN(at.getTime())) return undefined
  const fraction = type === 'micro' ? `.${String(Math.floor(nanos / 1000)).padStart(6, '0')}` : ''
  return `${at.toISOString().slice(0, 19)}${fraction}Z`
}

function rawOf(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw new RangeError('the embedded object is no JSON')
  }
}

// wire types 0 (varint), 1 (64 bit), 2 (bytes), 5 (32 bit)
function readFields(bytes: Buffer): Map<number, Value[]> {
  const fields = new Map<number, Value[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('the message is cut off')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, value)
    }
    throw new RangeError('a number is too long')
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const wire = tag & 7
    let value: Value
    if (wire === 0) value = Number(varint())
    else {
      const length = wire === 2 ? Number(varint()) : wire === 1 ? 8 : wire === 5 ? 4 : -1
      if (length < 0 || at + length > bytes.length) throw new RangeError('the message is cut off')
      value = bytes.subarray(at, at + length)
      at += length
    }
    const number = Math.floor(tag / 8)
    const known = fields.get(number)
    if (known) known.push(value)
    else fields.set(number, [value])
  }
  return fields
}
