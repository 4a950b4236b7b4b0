// What was pasted into a message, and what the person says beside it.

const MANIFEST = /^(?:`{3}\w{0,10}\s*)?(?:---\s*)?apiVersion:\s/
// what programs write: stack traces, log lines, JSON
const WRITTEN =
  /^\s*(?:at [\w.$<>/]+[ (]|File "|Traceback |Caused by: |Exception in thread |\.\.\. \d+ more|goroutine \d+ \[|panic: |\{.*"(?:level|msg|message|severity|ts|time)"|\[?\d{4}-\d\d-\d\d[T ]|[A-Z]\d{4} \d\d:\d\d|[A-Za-z.]{1,80}(?:Error|Exception): |\S+\.(?:go|py|rb|js|ts|java):\d+)/

/** What a person says about what they pasted; names in a stack trace name nothing in the cluster. */
export function ownWords(text: string): string {
  const lines = text.split('\n')
  // one line in a person's hand may begin like one
  if (lines.length === 1 && !text.startsWith('{')) return text
  const own = lines.filter(
    (line, at) => !WRITTEN.test(line) && !(at > 0 && WRITTEN.test(lines[at - 1] ?? '') && /^\s{2,}/.test(line)),
  )
  return own.join('\n').trim()
}

export function isManifest(text: string): boolean {
  return MANIFEST.test(text)
}
