// What Details shows of a plan: every change, the same as kubectl lines, and the exact requests.
import type { Block, Card } from '../../core/card.ts'
import { type Approval, shortName } from '../../safety/approval.ts'
import { diffOfRequest } from './diff.ts'

export function detailsCard(approval: Approval): Card {
  const { plan, preview, reach, notes } = approval
  const changes = plan.steps.map((step, at) =>
    [`${at + 1}. ${step.words}`, ...(preview?.effects?.[String(at)] ?? diffOfRequest(step.request))].join('\n'),
  )
  const requests = plan.steps.map(
    ({ request }) =>
      `${request.method} ${request.path}\n${request.body === undefined ? '' : JSON.stringify(request.body, null, 2)}`,
  )
  return {
    title: `Plan ${shortName(approval)} in full`,
    cluster: plan.cluster,
    blocks: [
      ...section('What changes:', changes, 'diff'),
      ...section('The same as kubectl lines:', [plan.steps.map(({ kubectl }) => kubectl).join('\n')]),
      ...section('What it reaches, and what to know:', [[...reach, ...notes].join('\n')]),
      ...section('The server’s dry run:', [preview?.lines.join('\n') ?? '']),
      ...section('The exact requests:', requests, 'json'),
      { kind: 'note', text: `digest ${plan.digest}` },
    ],
    controls: [],
  }
}

function section(heading: string, parts: string[], language?: string): Block[] {
  const text = parts.filter(Boolean).join('\n\n')
  if (!text) return []
  return [
    { kind: 'text', text: heading },
    { kind: 'code', text, ...(language ? { language } : {}) },
  ]
}
