// Cards from answers and findings, free of any platform. The facts come from the finding; nothing is said twice.
import type { Answer } from '../core/answer.ts'
import type { Block, Card, Control, RichText, Tone } from '../core/card.ts'
import { type Evidence, type Finding, headlineOf, type Severity } from '../core/finding.ts'
import { refText } from '../core/ref.ts'

const TONE: Record<Severity, Tone> = { critical: 'bad', warning: 'warn', info: 'info' }
const SHOWN_CAUSES = 5
const SHOWN_EVIDENCE = 3
const EVIDENCE_LENGTH = 300

/** The card of an answer: the root causes first, then the words, then what could not be seen. */
export function answerCard(answer: Answer, controls: Control[] = []): Card {
  const roots = answer.findings.filter((finding) => finding.root && finding.severity !== 'info')
  const [only] = roots
  if (roots.length === 1 && only) return singleCause(only, answer, controls)
  // what is said beside them stands above the findings: a model's words, the things that are well
  const blocks: Block[] = roots.length > 1 ? [...(answer.blocks ?? [])] : []
  if (roots.length > 1) {
    blocks.push(...roots.slice(0, SHOWN_CAUSES).flatMap((finding) => [heading(finding), facts(finding)]))
    if (roots.length > SHOWN_CAUSES) blocks.push({ kind: 'note', text: moreCauses(roots.length, controls) })
  } else if (answer.blocks) blocks.push(...answer.blocks)
  else blocks.push({ kind: 'text', text: answer.text })
  blocks.push(...gaps(answer))
  const worst = roots.some((finding) => finding.severity === 'critical') ? 'bad' : 'warn'
  const title = answer.title
  return {
    tone: roots.length > 1 ? worst : answer.tone,
    ...(title ? { title } : {}),
    ...(answer.cluster ? { cluster: answer.cluster } : {}),
    blocks,
    controls,
  }
}

/** A list below holds more of them than a card can show in full. */
function moreCauses(causes: number, controls: Control[]): string {
  const listed = controls.some(({ kind }) => kind === 'select')
  return `${causes - SHOWN_CAUSES} more causes; ${listed ? 'choose one below, or ' : ''}ask about a namespace to see them`
}

function singleCause(finding: Finding, answer: Answer, controls: Control[]): Card {
  return {
    tone: TONE[finding.severity],
    title: headlineOf(finding),
    ...(answer.cluster ? { cluster: answer.cluster } : {}),
    blocks: [...(answer.blocks ?? []), facts(finding), ...gaps(answer)],
    controls,
  }
}

function heading(finding: Finding): Block {
  const sign = finding.severity === 'critical' ? '🔴 ' : '🟠 '
  return { kind: 'text', text: [sign, { bold: headlineOf(finding) }] }
}

function facts(finding: Finding): Block {
  const rows: { label: string; text: RichText }[] = [{ label: 'Cause', text: finding.cause }]
  const evidence = finding.evidence.slice(0, SHOWN_EVIDENCE).map(evidenceText)
  for (const [at, text] of evidence.entries()) rows.push({ label: at === 0 ? 'Evidence' : '', text })
  if (finding.evidence.length > SHOWN_EVIDENCE)
    rows.push({ label: '', text: `and ${finding.evidence.length - SHOWN_EVIDENCE} more` })
  if (finding.explains.length > 0) rows.push({ label: 'Explains', text: explained(finding) })
  rows.push({ label: 'Next', text: finding.remedy })
  return { kind: 'facts', rows }
}

function explained(finding: Finding): string {
  const shown = finding.explains.slice(0, 3).map(refText).join(', ')
  return finding.explains.length > 3 ? `${shown} and ${finding.explains.length - 3} more` : shown
}

function evidenceText(evidence: Evidence): RichText {
  const cut =
    evidence.text.length > EVIDENCE_LENGTH ? `${evidence.text.slice(0, EVIDENCE_LENGTH)}… (cut)` : evidence.text
  return [`${evidence.source} of ${refText(evidence.object)}: `, { code: cut.replace(/\s+/g, ' ') }]
}

function gaps(answer: Answer): Block[] {
  if (answer.partial.length === 0) return []
  const shown = answer.partial.slice(0, 4).join(' · ')
  const more = answer.partial.length > 4 ? ` · and ${answer.partial.length - 4} more` : ''
  return [{ kind: 'note', text: `Could not see everything: ${shown}${more}` }]
}

/** What is looked at right now, before there is an answer. */
export function progressCard(line: string, cluster?: string): Card {
  return { ...(cluster ? { cluster } : {}), blocks: [{ kind: 'note', text: `⏳ ${line}` }], controls: [] }
}

/** A task that failed for good: one sentence, and an id under which the logs and `doctor` know it. */
export function failureCard(sentence: string, id: string): Card {
  return {
    tone: 'bad',
    title: 'I could not finish this',
    blocks: [
      { kind: 'text', text: sentence },
      { kind: 'note', text: ['Look it up with id ', { code: id }, ': firstmate doctor, or the logs'] },
    ],
    controls: [],
  }
}
