// What one line of kubectl or helm is: a typed command, or a refusal.
export interface Command {
  ok: true
  program: 'kubectl' | 'helm'
  /** canonical: aliases are resolved; '' when the line names none */
  verb: string
  /** `restart` of `rollout restart`, `configmap` of `create configmap`, `generic` is `secret generic`; '' without one */
  subverb: string
  /** the words behind verb and subverb that are no flags, in order, without those behind `--` */
  args: string[]
  /** the words behind `--` */
  rest: string[]
  /** canonical long name → values in order; a boolean flag is 'true' or 'false'; an omitted optional value is '' */
  flags: ReadonlyMap<string, readonly string[]>
  /** of -n/--namespace; absent when the line does not say */
  namespace?: string
  allNamespaces: boolean
  /** `client` or `server` only when the value is exactly that and the verb has the flag */
  dryRun: 'none' | 'client' | 'server'
  words: string[]
}

export interface Refusal {
  ok: false
  /**
   * `denied`: not one simple kubectl or helm command, or it names another connection, identity or an impossible name.
   * `unknown`: verb, flag or value that the grammar does not know; nothing could run, nothing is known about it.
   */
  kind: 'denied' | 'unknown'
  reason: string
  /** what could be understood of it, so that a judge can find a harder reason; never to be run */
  command?: Command
}
