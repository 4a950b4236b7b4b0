// The contract of a description: the facts of one kind. Name, labels, conditions and events are added for every kind alike.
import type { KubeObject } from '../../../objects/object.ts'
import type { ReadContext } from '../command.ts'

/** A label and its value, or its lines. Facts without a value are left out. */
export type Fact = [label: string, value: string | number | boolean | readonly string[] | undefined | null]

export interface Description {
  facts: Fact[]
  /** tables and lists below the facts, each with its own heading line */
  sections?: string[][]
}

export type Describer = (object: KubeObject, context: ReadContext) => Description | Promise<Description>
