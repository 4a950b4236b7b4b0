// One line of `doctor`: what was looked at, and how it stands.
export interface Report {
  area: string
  state: 'ok' | 'missing' | 'wrong'
  detail: string
}
