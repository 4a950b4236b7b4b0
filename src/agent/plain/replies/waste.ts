// "find wasted spend": the waste checks alone, as a list; each finding says what it saves.
import { CHECKS } from '../../../diagnose/checks/index.ts'
import { diagnose } from '../../../diagnose/index.ts'
import { kindsToRead } from '../../../diagnose/reads.ts'
import { isWaste } from '../../../diagnose/waste.ts'
import { readSnapshot } from '../../../kube/snapshot.ts'
import { about, plural, type Reply, whereText } from './reply.ts'

const SHOWN = 20

export const wasteReply: Reply<'waste'> = async ({ place, context }) => {
  context.progress(`Looking for waste in ${whereText(place)}`)
  const checks = CHECKS.filter(isWaste)
  const scope = place.namespace ? { namespaces: [place.namespace] } : {}
  const snapshot = await readSnapshot(place.cluster.reader, {
    ...scope,
    kinds: kindsToRead(checks),
    logs: 'none',
    signal: context.signal,
    now: context.now(),
  })
  const diagnosis = diagnose(snapshot, { checks, ...(place.namespace ? { namespace: place.namespace } : {}) })
  const base = {
    ...about(place),
    partial: [...new Set([...place.partial, ...diagnosis.partial])],
    findings: diagnosis.findings,
  }
  const { findings } = diagnosis
  if (findings.length === 0) return { ...base, tone: 'ok', text: `I find no waste in ${whereText(place)}.` }
  const items = findings.slice(0, SHOWN).map((finding) => `${finding.summary} ${finding.remedy}`)
  const text = `${plural(findings.length, 'saving')} in ${whereText(place)}:`
  const more =
    findings.length > SHOWN
      ? [{ kind: 'note' as const, text: `${findings.length - SHOWN} more; ask about one namespace to see them` }]
      : []
  return {
    ...base,
    text: `${text}\n${items.map((item) => `- ${item}`).join('\n')}`,
    blocks: [{ kind: 'text', text }, { kind: 'list', items }, ...more],
  }
}
