// What a secret looks like on its own, as data: one row per issuer. Only prefixes and lengths that its issuer documents.
//
// Linear time is a property of every row: nothing is demanded after an unbounded run, so a failed match costs at most
// the row's smallest length and a successful one consumes what it read.

/** What stands where a secret stood. */
export function mask(kind: string): string {
  return `[redacted: ${kind}]`
}

export interface Shape {
  /** the short word that stands in the mask */
  kind: string
  /** the row is tried only on text that holds one of these (exact case): keeps megabytes of logs cheap */
  hints: string[]
  pattern: RegExp
}

// A word of three base64url parts and the like starts where no letter or digit stands before it.
const START = '(?<![A-Za-z0-9])'

function shape(kind: string, hints: string[], pattern: string): Shape {
  return { kind, hints, pattern: new RegExp(START + pattern, 'g') }
}

export const SHAPES: readonly Shape[] = [
  // clouds
  shape('aws key id', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])'),
  shape('aws session token', ['FwoGZXIvYXdz', 'IQoJb3JpZ2lu'], '(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9+/=]{40,}'),
  shape('google api key', ['AIza'], 'AIza[A-Za-z0-9_-]{35}'),
  shape('google token', ['ya29.'], 'ya29\\.[A-Za-z0-9_-]{20,}'),
  shape('google secret', ['GOCSPX-'], 'GOCSPX-[A-Za-z0-9_-]{20,}'),
  shape('google refresh token', ['1//0'], '1//0[A-Za-z0-9_-]{30,}'),
  shape('azure client secret', ['8Q~', '7Q~'], '[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{30,}'),
  { kind: 'azure key', hints: ['=='], pattern: /(?<![A-Za-z0-9+/-])[A-Za-z0-9+/]{86}==/g },
  { kind: 'signature', hints: ['sig='], pattern: /(?<=[?&;]sig=)[A-Za-z0-9%+/=_-]{16,}/g },
  { kind: 'signature', hints: ['Signature='], pattern: /(?<=[?&]X-(?:Amz|Goog)-Signature=)[A-Fa-f0-9]{32,}/g },
  shape('digitalocean token', ['do'], 'do[opr]_v1_[a-f0-9]{64}'),
  shape('alibaba key id', ['LTAI'], 'LTAI[A-Za-z0-9]{16,}'),

  // code hosts and package registries
  shape('github token', ['gh', '_'], 'gh[pousr]_[A-Za-z0-9]{30,}'),
  shape('github token', ['github_pat_'], 'github_pat_[A-Za-z0-9_]{22,}'),
  shape('gitlab token', ['gl'], 'gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|soat|agent|imt|ffct)-[A-Za-z0-9_.-]{20,}'),
  shape('gitlab token', ['GR1348941'], 'GR1348941[A-Za-z0-9_-]{20,}'),
  shape('bitbucket token', ['ATBB', 'ATATT3', 'ATCTT3'], '(?:ATBB|ATATT3|ATCTT3)[A-Za-z0-9_=-]{24,}'),
  shape('npm token', ['npm_'], 'npm_[A-Za-z0-9]{30,}'),
  shape('pypi token', ['pypi-'], 'pypi-[A-Za-z0-9_-]{40,}'),
  shape('rubygems token', ['rubygems_'], 'rubygems_[a-f0-9]{40,}'),
  shape('docker token', ['dckr_'], 'dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}'),
  shape('artifactory token', ['AKCp'], 'AKCp[A-Za-z0-9]{40,}'),

  // chat
  shape('slack token', ['xox'], 'xox[a-z](?:\\.xox[a-z])?-[A-Za-z0-9-]{10,}'),
  shape('slack token', ['xapp-'], 'xapp-[A-Za-z0-9-]{10,}'),
  {
    kind: 'slack webhook',
    hints: ['hooks.slack'],
    pattern: /(?<=hooks\.slack(?:-gov)?\.com\/)(?:services|workflows|triggers)\/[A-Za-z0-9_/-]{10,}/g,
  },
  { kind: 'discord webhook', hints: ['/webhooks/'], pattern: /(?<=\/webhooks\/)\d{15,22}\/[A-Za-z0-9_-]{20,}/g },
  shape('discord token', ['.'], '[MNO][A-Za-z0-9_-]{22,28}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,}'),
  shape('discord token', ['mfa.'], 'mfa\\.[A-Za-z0-9_-]{60,}'),
  shape('telegram token', [':AA'], '\\d{8,10}:AA[A-Za-z0-9_-]{32,34}'),
  { kind: 'teams webhook', hints: ['webhook.office.com'], pattern: /(?<=webhook\.office\.com\/)[A-Za-z0-9@/-]{30,}/g },

  // models
  shape('anthropic key', ['sk-ant-'], 'sk-ant-[A-Za-z0-9_-]{16,}'),
  shape('openai key', ['sk-'], 'sk-(?:proj|svcacct|admin|or|lf|None)-[A-Za-z0-9_-]{16,}'),
  shape('openai key', ['sk-'], 'sk-[A-Za-z0-9]{32,}'),
  shape('groq key', ['gsk_'], 'gsk_[A-Za-z0-9]{32,}'),
  shape('xai key', ['xai-'], 'xai-[A-Za-z0-9]{40,}'),
  shape('perplexity key', ['pplx-'], 'pplx-[A-Za-z0-9]{32,}'),
  shape('huggingface token', ['hf_'], 'hf_[A-Za-z0-9]{30,}'),
  shape('replicate token', ['r8_'], 'r8_[A-Za-z0-9]{30,}'),

  // payment, mail, operations
  shape('stripe key', ['_live_', '_test_'], '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}'),
  shape('webhook secret', ['whsec_'], 'whsec_[A-Za-z0-9+/=]{16,}'),
  shape('sendgrid key', ['SG.'], 'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{32,}'),
  shape('mailgun key', ['key-'], 'key-[a-f0-9]{32}(?![A-Za-z0-9])'),
  shape('twilio key', ['SK'], 'SK[a-f0-9]{32}(?![A-Za-z0-9])'),
  shape('shopify token', ['shp'], 'shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32,}'),
  shape('square token', ['sq0'], 'sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}'),
  shape('vault token', ['hv'], 'hv[sbr]\\.[A-Za-z0-9_-]{20,}'),
  shape('terraform token', ['.atlasv1.'], '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_-]{40,}'),
  shape('grafana token', ['gls', 'glc_'], '(?:glsa|glc)_[A-Za-z0-9_+/=-]{30,}'),
  shape('grafana key', ['eyJrIjoi'], 'eyJrIjoi[A-Za-z0-9+/=_-]{30,}'),
  shape('new relic key', ['NRAK-', 'NRII-'], 'NR(?:AK|II)-[A-Za-z0-9_-]{20,}'),
  shape('databricks token', ['dapi'], 'dapi[a-f0-9]{32}'),
  shape('linear key', ['lin_api_'], 'lin_api_[A-Za-z0-9]{30,}'),
  shape('doppler token', ['dp.'], 'dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9_.-]{30,}'),
  shape('planetscale token', ['pscale_'], 'pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{30,}'),
  shape('supabase token', ['sbp_'], 'sbp_[a-f0-9]{40}'),
  shape('age key', ['AGE-SECRET-KEY-'], 'AGE-SECRET-KEY-1[A-Z0-9]{40,}'),
  shape('openshift token', ['sha256~'], 'sha256~[A-Za-z0-9_-]{40,}'),
]
