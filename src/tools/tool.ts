// What an agent may call: a name, typed parameters, a typed result, and whether it only looks. There is no shell (docs/decisions).
import type { z } from 'zod'
import type { Action } from '../core/action.ts'
import type { ObjectRef } from '../core/ref.ts'
import type { Cluster } from '../kube/clusters.ts'

/** The one cluster of the task, and the namespaces that its question is about. No tool takes a cluster as a parameter. */
export interface ToolScope {
  cluster: Cluster
  /** where a call without a namespace looks */
  namespace: string | undefined
  /** absent: every namespace of the cluster */
  namespaces: ReadonlySet<string> | undefined
  /** the objects that the deterministic findings name: a change of something cluster-wide must be one of them in a narrow scope */
  named: readonly ObjectRef[]
}

export interface ToolContext {
  scope: ToolScope
  now(): Date
  signal: AbortSignal
  settings: {
    /** beginnings of addresses that read_resource may fetch */
    urls: readonly string[]
    /** private ranges (CIDR) that may be reached all the same */
    privateRanges: readonly string[]
    prometheus: string | undefined
  }
}

export interface Tool<P extends z.ZodObject = z.ZodObject, R extends z.ZodType = z.ZodType> {
  name: string
  /** one or two sentences for the model: tokens count */
  description: string
  parameters: P
  result: R
  /** `propose` ends the run with a change for people to decide on; nothing here writes */
  effect: 'read' | 'propose'
  /** Throws the error types of core/errors with one sentence. */
  run(args: z.output<P>, context: ToolContext): Promise<z.input<R>>
}

/** A change that a tool compiled; the run ends with it. */
export interface Proposal {
  actions: Action[]
  reason: string
}

/** Keeps the types of one tool together. */
export function defineTool<P extends z.ZodObject, R extends z.ZodType>(tool: Tool<P, R>): Tool {
  return tool as unknown as Tool
}
