// What a person may ask for without a model, as data. `parse.ts` makes one of a sentence, `replies/` answers it.
import type { Kind } from '../../objects/kinds.ts'

/** A word that may name something here: only the cluster's own lists can tell what. */
export interface Mention {
  /** the name as written, lower-cased: `checkout`, `checkout-7d9f-x2p9` */
  name: string
  /** the kind said beside it: `deployment checkout`, `deploy/checkout` */
  kind?: Kind
  /** `shop/checkout` */
  namespace?: string
  /** also an ordinary word, or the name of a kind (`default`, `gateway`): meant only if something bears it */
  perhaps?: boolean
  /** said where a scope is said: "in X", "on X"; it may then be a cluster, a namespace or an object */
  place: boolean
}

export interface Scope {
  /** said as a namespace: `-n X`, `namespace X`, `X namespace` */
  namespace?: string
  /** said as a cluster: `cluster X`, `--context X` */
  cluster?: string
  /** "everywhere", "all namespaces", "whole cluster" */
  everywhere: boolean
  mentions: Mention[]
}

/** What of the things counted or listed is meant. */
export type Filter =
  | 'all'
  | 'not-ready'
  | 'ready'
  | 'running'
  | 'pending'
  | 'failed'
  | 'crashing'
  | 'restarted'
  | 'oom-killed'
  | 'completed'

export type Ask =
  | { kind: 'help' }
  /** "thanks" */
  | { kind: 'thanks' }
  | { kind: 'kubectl'; line: string }
  /** `nodes`: each pod with the node it runs on */
  | { kind: 'list'; of: Kind[]; filter: Filter; count: boolean; nodes?: boolean }
  | {
      kind: 'logs'
      previous: boolean
      tail?: number
      sinceMinutes?: number
      container?: string
      only?: string | 'errors'
    }
  | { kind: 'restarts'; sinceMinutes: number; words: string }
  | { kind: 'top'; of: 'pods' | 'nodes' | 'namespaces'; by: 'memory' | 'cpu'; count: number }
  /** how full the nodes are; `more` pods of what is named */
  | { kind: 'room'; more?: number }
  | { kind: 'describe' }
  | { kind: 'events'; warningsOnly: boolean }
  | { kind: 'history' }
  /** what the newest revisions changed; without minutes whenever that was */
  | { kind: 'changes'; sinceMinutes?: number; words: string }
  /** what the pod template of something says */
  | { kind: 'spec'; of: SpecPart }
  | { kind: 'images' }
  | { kind: 'owner' }
  | { kind: 'clusters' }
  | { kind: 'quarantined' }
  /** what became of the thread's plans; `wants`: the words decide or take back, which words do not */
  | { kind: 'outcome'; wants?: 'decide' | 'undo' }
  /** text that was only pasted, with no word about it */
  | { kind: 'paste'; of: 'manifest' | 'log' }
  /** a line for a program that is neither kubectl nor helm */
  | { kind: 'program'; name: string }
  | { kind: 'waste' }
  | { kind: 'change'; change: Change }
  /** a change that plain words do not name well enough; `kubectl` lines do */
  | { kind: 'other-change'; verb: string }
  /** `onlyIfNamed`: the sentence is no more than a name; when nothing bears it, it was something else */
  | { kind: 'diagnose'; onlyIfNamed?: boolean }
  | { kind: 'unknown' }

export type SpecPart = 'replicas' | 'resources' | 'env' | 'probes' | 'ports' | 'yaml'

/** A change said in plain words; `propose` compiles it. */
export type Change =
  | { verb: 'scale'; replicas: number }
  | { verb: 'rollback'; toRevision?: number }
  | {
      verb:
        | 'restart'
        | 'pause'
        | 'resume'
        | 'quarantine'
        | 'unquarantine'
        | 'suspend'
        | 'unsuspend'
        | 'delete-pod'
        | 'evict'
    }
  | { verb: 'cordon' | 'uncordon' | 'drain' }
  | { verb: 'set-image'; image: string; container?: string }
  | { verb: 'set-resources'; part: 'limits' | 'requests'; resource: 'memory' | 'cpu'; amount: string }

export interface Request {
  ask: Ask
  scope: Scope
  /** the sentence, cleaned */
  text: string
  /** nothing is asked beyond `ask`, as far as code can tell; else, with a model, the model answers */
  sure: boolean
}

/** A sentence as its readers see it. */
export interface Sentence {
  lower: string
  words: readonly string[]
  /** the kinds named, in order */
  kinds: readonly Kind[]
  scope: Scope
}

/** Recognises one kind of request; `asks/` has one file of them for each file of `replies/`. */
export interface Reader {
  read(sentence: Sentence): Ask | undefined
  /** Of a sentence that it recognised: is that all it asks? */
  understood(sentence: Sentence): boolean
}
