// The card of a plan, built from the stored requests alone, in every state of its life. What the model or a person said about it is never shown as fact.
import type { Block, Card, Control, RichText, Span, Tone } from '../../core/card.ts'
import { personKey } from '../../core/people.ts'
import type { Step } from '../../core/plan.ts'
import { type Approval, isSettled, shortName } from '../../safety/approval.ts'
import { tierName } from '../../safety/tier.ts'

const SHOWN_STEPS = 8
const SHOWN_CHANGES = 8
const VALUE_LENGTH = 120
const MENTIONED = 10
const LINE_LENGTH = 400

export function planKey(approvalId: string): string {
  return `plan-${approvalId}`
}

export function planCard(approval: Approval, options: { practice: boolean }): Card {
  const { plan } = approval
  return {
    tone: TONE[approval.state] ?? 'ask',
    title: title(approval),
    cluster: plan.cluster,
    blocks: [...steps(plan.steps), ...effect(approval), ...asked(approval, options), ...stamp(approval)],
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
  const needed = approval.needed === 1 ? '1 approval needed' : `${approval.needed} approvals needed`
  return `${name} · ${tier} · ${needed} · expires ${clock(approval.deadline)}`
}

function steps(all: Step[]): Block[] {
  const blocks = all.slice(0, SHOWN_STEPS).flatMap((step, at): Block[] => {
    const changes = step.changes
      .slice(0, SHOWN_CHANGES)
      .flatMap(({ path, before, after }) => [
        ...(before === null ? [] : [`- ${path}: ${short(before)}`]),
        ...(after === null ? [] : [`+ ${path}: ${short(after)}`]),
      ])
    if (step.changes.length > SHOWN_CHANGES)
      changes.push(`  … and ${step.changes.length - SHOWN_CHANGES} more changes: see Details`)
    return [
      { kind: 'text', text: [`${at + 1}. `, { bold: step.words }] },
      ...(changes.length > 0 ? [{ kind: 'code' as const, text: changes.join('\n'), language: 'diff' }] : []),
    ]
  })
  if (all.length > SHOWN_STEPS)
    blocks.push({
      kind: 'note',
      text: `${all.length - SHOWN_STEPS} more requests are not shown here: see Details before you decide`,
    })
  return blocks
}

function short(value: string): string {
  return value.length > VALUE_LENGTH ? `${value.slice(0, VALUE_LENGTH)}… (cut)` : value
}

function effect(approval: Approval): Block[] {
  const rows = [
    { label: 'Why asked', text: approval.reasons.slice(0, 3).map(short).join('; ') },
    ...(approval.reason
      ? [
          {
            label: 'Asked for',
            text: `${approval.requester.name ?? personKey(approval.requester)}: ${short(approval.reason)}`,
          },
        ]
      : []),
    ...shownRows('Reach', approval.reach, 8),
    ...shownRows('Note', approval.notes, 4),
    ...shownRows('Dry run', approval.preview?.lines ?? [], 6),
  ]
  return [{ kind: 'facts', rows }]
}

/** The first of the lines, and that there are more. */
function shownRows(label: string, lines: string[], most: number): { label: string; text: string }[] {
  const cut = lines.length > most ? [`… and ${lines.length - most} more: see Details`] : []
  return [
    ...lines.slice(0, most).map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}… (cut)` : line)),
    ...cut,
  ].map((text, at) => ({ label: at === 0 ? label : '', text }))
}

function asked(approval: Approval, { practice }: { practice: boolean }): Block[] {
  if (approval.state !== 'pending') return []
  if (practice && approval.thread.platform === 'terminal')
    return [{ kind: 'note', text: 'Practice cluster: you may approve this yourself; nothing here is real.' }]
  if (approval.approvers.length === 0) return [{ kind: 'note', text: 'Nobody can approve this: APPROVERS is not set.' }]
  const people = mentions(approval)
  const others = approval.approvers.length - people.filter((span) => typeof span === 'object').length
  const rest =
    others > 0
      ? [
          `${people.length > 0 ? ' and ' : ''}${others} ${others === 1 ? 'group or person elsewhere' : 'groups or people elsewhere'}`,
        ]
      : []
  const second = approval.twoPerson ? ['; not by who asked for it'] : []
  return [{ kind: 'note', text: ['May be decided by ', ...people, ...rest, ...second] }]
}

/** The approvers that this platform can call by their id, people and groups: nobody else is ever mentioned. */
export function mentions({ approvers, thread }: Approval): Span[] {
  return approvers
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
    blocks.push({
      kind: 'note',
      text:
        approval.incident && !approval.supersededBy
          ? 'Withdrawn, because the incident is over; nothing was changed.'
          : `Superseded${approval.supersededBy ? ` by plan ${approval.supersededBy}` : ''}; nothing was changed.`,
    })
  return blocks
}

function controls(approval: Approval): Control[] {
  const id = (verb: string) => `a:${approval.id}:${verb}`
  const details: Control = { kind: 'button', id: id('details'), label: 'Details', style: 'plain' }
  if (approval.state === 'done' && approval.undo)
    return [{ kind: 'button', id: id('undo'), label: 'Undo', style: 'plain' }, details]
  if (approval.state === 'pending' && approval.preview && !approval.preview.ok)
    return [{ kind: 'button', id: id('reject'), label: 'Dismiss', style: 'plain' }, details]
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
  return isSettled(approval) || approval.state === 'unknown' ? [details] : []
}

function clock(time: string): string {
  return `${time.slice(11, 16)} UTC`
}

/** The equivalent kubectl lines and the exact requests: what Details shows. */
export function detailsCard(approval: Approval): Card {
  const lines = approval.plan.steps.map((step) => step.kubectl).join('\n')
  const requests = approval.plan.steps
    .map(
      ({ request }) =>
        `${request.method} ${request.path}\n${request.body === undefined ? '' : JSON.stringify(request.body, null, 2)}`,
    )
    .join('\n\n')
  return {
    title: `Plan ${shortName(approval)} in full`,
    cluster: approval.plan.cluster,
    blocks: [
      { kind: 'text', text: 'The same as kubectl lines:' },
      { kind: 'code', text: lines },
      { kind: 'text', text: 'The exact requests:' },
      { kind: 'code', text: requests, language: 'json' },
      ...([...approval.reach, ...approval.notes].length > 0
        ? [
            { kind: 'text' as const, text: 'What it reaches, and what to know:' },
            { kind: 'code' as const, text: [...approval.reach, ...approval.notes].join('\n') },
          ]
        : []),
      ...(approval.preview
        ? [
            { kind: 'text' as const, text: 'The server’s dry run:' },
            { kind: 'code' as const, text: approval.preview.lines.join('\n'), language: 'diff' },
          ]
        : []),
      { kind: 'note', text: `digest ${approval.plan.digest}` },
    ],
    controls: [],
  }
}
