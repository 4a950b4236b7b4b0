// The page docs/checks.md, made of the checks themselves so that it cannot say anything else.
import type { Check } from './check.ts'

/** Markdown with one section per check, in the order of the list. */
export function checksPage(checks: readonly Check[]): string {
  const rows = checks.map(({ name, title }) => `| [${name}](#${name}) | ${cell(title)} |`)
  const sections = checks.map(
    ({ name, title, why, fix, reads }) =>
      `## ${name}\n\n${title}.\n\n- **Why it matters**: ${why}\n- **How to fix it**: ${fix}\n- **Reads**: ${reads.join(', ')}\n`,
  )
  return `# Checks\n\nWhat \`firstmate diagnose\` looks for: ${checks.length} checks, each over one snapshot of the cluster, none of them needs a model. This page is made from the checks themselves.\n\n| check | what it finds |\n|---|---|\n${rows.join('\n')}\n\n${sections.join('\n')}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
