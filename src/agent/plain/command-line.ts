// Whether a message is a kubectl or helm line, however it is wrapped: code marks, a prompt, an alias, a polite request.

const PROSE =
  /\?\s*$|,\s|\b(hangs?|hanging|why|stuck|failing|fails|finished|has been|keeps|does not|doesn't|is not|isn't|for \d+ (minutes|hours))\b/i

const RUN_THIS =
  /^(?:(?:please|pls|can you|could you|would you) )*(?:run|execute|do|try|show me|give me|(?:show me |give me )?the output of|output of) (?:this: ?|the command )?(?=[`$ ]*(?:kubectl|k|helm) )/i
const APPLY_THIS =
  /^(?:(?:please|pls|can you|could you) )*(?:apply|create|deploy)(?: (?:this|it|that|the following|the manifest))*[:,]?\s*\n+(?=(?:`{3}\w{0,10}\s*)?(?:---\s*)?apiVersion:)/i
const FOR_ME = /(?: (?:please|pls|for me|thanks|thx))+[.!?]*$/i
// everybody's alias, but a letter otherwise
const ALIAS =
  /^k(?= +(?:get|describe|logs?|top|events?|explain|rollout|scale|set|delete|apply|patch|label|annotate|cordon|uncordon|drain|taint|auth|api-resources|version|create|exec|edit|expose|autoscale|cp|-n|-A|--)\b)/

/** The line itself when the message is a command, with or without code marks around it. */
export function commandLine(text: string): string | undefined {
  const manifest = APPLY_THIS.exec(text)?.[0]
  if (manifest !== undefined) return `kubectl apply -f -\n${text.slice(manifest.length)}`
  const asked = RUN_THIS.exec(text)?.[0] ?? ''
  const bare = (asked === '' ? text : text.slice(asked.length).replace(FOR_ME, ''))
    .replace(/^`{1,3}(?:sh|bash|shell|console)?\s*/, '')
    .replace(/\s*`{1,3}$/, '')
    .replace(/^\$\s+/, '')
    .replace(ALIAS, 'kubectl')
  if (!/^(kubectl|helm)(\s|$)/.test(bare)) return undefined
  // "kubectl drain on the second worker hangs, why?" speaks about a command; code marks make it one whatever it says
  return bare === text && PROSE.test(bare) ? undefined : bare
}
