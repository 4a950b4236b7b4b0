// The card of a plan, built from the stored requests alone, in every state of its life. What the model or a person said about it is never shown as fact.
import type { Block, Card, Control, RichText, Span, Tone } from '../../core/card.ts'
import { type PersonRule, personKey } from '../../core/people.ts'
import type { Step } from '../../core/plan.ts'
import { type Approval, shortName } from '../../safety/approval.ts'
import { tierName } from '../../safety/tier.ts'
import { diffOfRequest } from './diff.ts'
import { nameBeside } from './names.ts'

const SHOWN_STEPS = 8
const SHOWN_CHANGES = 12
const VALUE_LENGTH = 120
const MENTIONED = 10
const LINE_LENGTH = 400

export function planKey(approvalId: string): string {
  return `plan-${approvalId}`
}

export interface PlanCardOptions {
  practice: boolean
  /** pending plans of other threads for the same object */
  rivals?: readonly Approval[]
}

export function planCard(approval: Approval, options: PlanCardOptions): Card {
  const { plan } = approval
  return {
    tone: isRefused(approval) ? 'stop' : (TONE[approval.state] ?? 'ask'),
    title: title(approval),
    cluster: plan.cluster,
    blocks: [
      ...steps(approval),
      ...effect(approval, options.rivals ?? []),
      ...asked(approval, options),
      ...stamp(approval),
    ],
    controls: controls(approval),
  }
}

const TONE: Partial<Record<Approval['state'], Tone>> = {
  pending: 'ask',
  approved: 'info',
  running: 'info',
  done: 'ok',
  failed: 'bad',
  unknown: 'warn',
  rejected: 'stop',
  expired: 'stop',
  superseded: 'stop',
}

function title(approval: Approval): RichText {
  const name = `Plan ${shortName(approval)}`
  const tier = `${tierName(approval.tier)} tier`
  if (approval.state !== 'pending') return `${name} · ${tier} · ${approval.state}`
  if (isRefused(approval)) return `${name} · ${tier} · cannot run`
  return `${name} · ${tier} · ${neededWords(approval)} · expires ${clock(approval.deadline)}`
}

/** The server does not take it: nobody can approve it, so nobody is asked. */
function isRefused({ state, preview }: Approval): boolean {
  return state === 'pending' && preview?.ok === false
}

/** How many may decide can be told of people only: nobody knows here who is in a group. */
function neededWords(approval: Approval): string {
  const people = deciders(approval)
  const { needed } = approval
  if (people.length === 0 || people.some(({ kind }) => kind !== 'person'))
    return `${needed} ${needed === 1 ? 'approval' : 'approvals'} needed`
  return `${people.length} ${people.length === 1 ? 'person' : 'people'} may decide, ${needed} needed`
}

function steps({ plan, preview }: Approval): Block[] {
  const blocks = plan.steps.slice(0, SHOWN_STEPS).flatMap((step, at): Block[] => {
    const { lines, byServer } = diffOf(step, at, preview)
    const shown = lines.slice(0, SHOWN_CHANGES)
    if (lines.length > SHOWN_CHANGES) shown.push(`  … and ${lines.length - SHOWN_CHANGES} more changes: see Details`)
    return [
      { kind: 'text', text: [`${at + 1}. `, { bold: step.words }] },
      ...(shown.length > 0 ? [{ kind: 'code' as const, text: shown.join('\n'), language: 'diff' }] : []),
      ...(byServer ? [{ kind: 'note' as const, text: 'as the server would make it' }] : []),
    ]
  })
  if (plan.steps.length > SHOWN_STEPS)
    blocks.push({
      kind: 'note',
      text: `${plan.steps.length - SHOWN_STEPS} more requests are not shown here: see Details before you decide`,
    })
  return blocks
}

/** From the bytes that will be sent; where the server would make more of them, what it said. */
function diffOf(step: Step, at: number, preview: Approval['preview']): { lines: string[]; byServer: boolean } {
  const seen = preview?.effects?.[String(at)]
  return seen ? { lines: seen, byServer: true } : { lines: diffOfRequest(step.request), byServer: false }
}

function short(value: string): string {
  return value.length > VALUE_LENGTH ? `${value.slice(0, VALUE_LENGTH)}… (cut)` : value
}

function effect(approval: Approval, rivals: readonly Approval[]): Block[] {
  const { requester, plan, state } = approval
  const pending = state === 'pending' && !isRefused(approval)
  const evicts = plan.steps.some(({ rule }) => rule === 'evict')
  const rows = [
    { label: 'Why asked', text: approval.reasons.slice(0, 3).map(short).join('; ') },
    ...(approval.reason
      ? [{ label: 'Asked for', text: `${requester.name ?? personKey(requester)}: ${short(approval.reason)}` }]
      : []),
    ...shownRows('Reach', approval.reach, 8),
    ...shownRows('Note', approval.notes, 4),
    ...(pending && evicts
      ? [{ label: 'Waits', text: `for disruption budgets, up to ${minutes(plan.executionSeconds)}` }]
      : []),
    ...(pending ? [{ label: 'Undo', text: approval.undo ? 'offered once it has run' : 'there is no way back' }] : []),
    ...shownRows('Dry run', dryRunWords(approval), 6),
    ...shownRows('Pending too', pending ? rivals.map((rival) => rivalWords(rival, approval)) : [], 3),
  ]
  return [{ kind: 'facts', rows }]
}

/** All that the server accepts is one line; what it does not, and what it could not try, one each. */
function dryRunWords({ preview, plan }: Approval): string[] {
  if (!preview) return []
  const accepted = preview.lines.filter((line) => /^\d+\. accepted/.test(line)).length
  const others = preview.lines.filter((line) => !/^\d+\. accepted/.test(line))
  if (accepted === 0) return others
  const all = accepted === plan.steps.length
  return [all ? 'the server accepts it' : `the server accepts ${accepted} of ${plan.steps.length} requests`, ...others]
}

function rivalWords(rival: Approval, approval: Approval): string {
  const { plan } = rival
  const more = plan.steps.length > 1 ? ` and ${plan.steps.length - 1} more` : ''
  return `plan ${nameBeside(rival, approval)} of another thread, for the same object: ${short(plan.steps[0]?.words ?? '')}${more}. Whichever runs first ends the other.`
}

function minutes(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

/** The first of the lines, and that there are more. */
function shownRows(label: string, lines: string[], most: number): { label: string; text: string }[] {
  const cut = lines.length > most ? [`… and ${lines.length - most} more: see Details`] : []
  return [
    ...lines.slice(0, most).map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}… (cut)` : line)),
    ...cut,
  ].map((text, at) => ({ label: at === 0 ? label : '', text }))
}

function asked(approval: Approval, { practice }: PlanCardOptions): Block[] {
  if (approval.state !== 'pending' || isRefused(approval)) return []
  if (practice && approval.thread.platform === 'terminal')
    return [{ kind: 'note', text: 'Practice cluster: you may approve this yourself; nothing here is real.' }]
  if (approval.approvers.length === 0) return [{ kind: 'note', text: 'Nobody can approve this: APPROVERS is not set.' }]
  const people = mentions(approval)
  const others = deciders(approval).length - people.filter((span) => typeof span === 'object').length
  const rest =
    others > 0
      ? [
          `${people.length > 0 ? ' and ' : ''}${others} ${others === 1 ? 'group or person elsewhere' : 'groups or people elsewhere'}`,
        ]
      : []
  const second = [
    ...(approval.twoPerson ? ['; not by who asked for it'] : []),
    ...(approval.typedName === undefined ? [] : ['; approving takes the typed name ', short(approval.typedName)]),
  ]
  return [{ kind: 'note', text: ['May be decided by ', ...people, ...rest, ...second] }]
}

/** Whoever asked for a plan that takes a second person is not called to it. */
function deciders({ approvers, twoPerson, requester }: Approval): PersonRule[] {
  const isBarred = (rule: PersonRule) => twoPerson && rule.kind === 'person' && personKey(rule) === personKey(requester)
  return approvers.filter((rule) => !isBarred(rule))
}

/** The approvers that this platform can call by their id, people and groups: nobody else is ever mentioned. */
export function mentions(approval: Approval): Span[] {
  const { thread } = approval
  return deciders(approval)
    .filter((rule) => rule.platform === thread.platform)
    .slice(0, MENTIONED)
    .flatMap((rule, at): Span[] => [
      ...(at > 0 ? [', '] : []),
      rule.kind === 'person'
        ? { mention: { platform: rule.platform, workspace: thread.workspace, id: rule.id } }
        : { group: rule },
    ])
}

function stamp(approval: Approval): Block[] {
  const blocks: Block[] = approval.decisions.map((decision) => {
    const by =
      decision.authority === 'person'
        ? (decision.by.name ?? personKey(decision.by))
        : `policy at ${decision.authority.policy}`
    const said = decision.kind === 'approve' ? '✅ Approved by ' : '⛔ Rejected by '
    return {
      kind: 'text',
      text: [
        said,
        { bold: by },
        ` ${clock(decision.at)} · ${shortName(approval)}${decision.reason ? ` · ${short(decision.reason)}` : ''}`,
      ],
    }
  })
  if (approval.state === 'running') blocks.push({ kind: 'note', text: '⏳ running' })
  if (approval.outcome) blocks.push({ kind: 'text', text: approval.outcome })
  if (approval.verified)
    blocks.push({ kind: 'text', text: `${approval.verified.helped ? '💚' : '🟠'} ${approval.verified.words}` })
  if (approval.state === 'expired') blocks.push({ kind: 'note', text: 'Nobody decided in time; nothing was changed.' })
  if (approval.state === 'superseded')
    blocks.push({ kind: 'note', text: `${supersededWords(approval)}; nothing was changed by this one.` })
  return blocks
}

function supersededWords(approval: Approval): string {
  const { supersededBy, incident } = approval
  if (!supersededBy) return incident ? 'Withdrawn, because the incident is over' : 'Superseded'
  return `Superseded by plan ${supersededBy}`
}

function controls(approval: Approval): Control[] {
  const id = (verb: string) => `a:${approval.id}:${verb}`
  const details: Control = { kind: 'button', id: id('details'), label: 'Details', style: 'plain' }
  if (approval.state === 'done' && approval.undo)
    return [{ kind: 'button', id: id('undo'), label: 'Undo', style: 'plain' }, details]
  if (isRefused(approval)) return [{ kind: 'button', id: id('reject'), label: 'Dismiss', style: 'plain' }, details]
  if (approval.state === 'pending' && approval.preview) {
    return [
      {
        kind: 'button',
        id: id('approve'),
        label: 'Approve',
        style: approval.tier === 9 ? 'danger' : 'primary',
        ...(approval.typedName === undefined
          ? {}
          : {
              form: {
                title: `Approve ${shortName(approval)}`,
                submit: 'Approve',
                fields: [
                  {
                    id: 'name',
                    label: 'Type the name of the object',
                    hint: approval.typedName.slice(0, 100),
                    multiline: false,
                    required: true,
                  },
                ],
              },
            }),
      },
      {
        kind: 'button',
        id: id('reject'),
        label: 'Reject…',
        style: 'plain',
        form: {
          title: `Reject ${shortName(approval)}`,
          submit: 'Reject',
          fields: [{ id: 'reason', label: 'Why?', multiline: true, required: true }],
        },
      },
      details,
    ]
  }
  // whatever became of it, it stays readable
  return [details]
}

function clock(time: string): string {
  return `${time.slice(11, 16)} UTC`
}
