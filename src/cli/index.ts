// The commands, in the order of the help. Each is loaded when it is called: `diagnose` must not pay for Slack.
import type { Run } from './io.ts'

export interface Command {
  name: string
  summary: string
  load(): Promise<Run>
}

export const COMMANDS: Command[] = [
  {
    name: 'demo',
    summary: 'the whole story on the practice cluster, printed',
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'serve',
    summary: 'the bot: --roles bot,worker,…  --practice brings the practice cluster',
    load: async () => (await import('./serve.ts')).serve,
  },
  { name: 'chat', summary: 'talk to Firstmate in this terminal', load: async () => (await import('./chat.ts')).chat },
  { name: 'ask', summary: 'one question, answered', load: async () => (await import('./ask.ts')).ask },
  {
    name: 'diagnose',
    summary: 'what is wrong, from a cluster or from files',
    load: async () => (await import('./diagnose.ts')).diagnoseCommand,
  },
  {
    name: 'judge',
    summary: 'what a kubectl or helm command would do; nothing is sent',
    load: async () => (await import('./judge.ts')).judge,
  },
  {
    name: 'harbor',
    summary: 'serve the practice cluster alone',
    load: async () => (await import('./harbor.ts')).harbor,
  },
  {
    name: 'approvals',
    summary: 'list, show, approve, reject plans',
    load: async () => (await import('./approvals.ts')).approvals,
  },
  {
    name: 'autonomy',
    summary: 'get or set the autonomy level',
    load: async () => (await import('./captain.ts')).autonomy,
  },
  {
    name: 'stop',
    summary: 'emergency stop: no further change is sent',
    load: async () => (await import('./captain.ts')).stop,
  },
  { name: 'resume', summary: 'lift the emergency stop', load: async () => (await import('./captain.ts')).resume },
  {
    name: 'incidents',
    summary: 'list, show, silence, resolve incidents',
    load: async () => (await import('./incidents.ts')).incidents,
  },
  { name: 'audit', summary: 'verify, export, tail the audit', load: async () => (await import('./audit.ts')).audit },
  {
    name: 'skills',
    summary: 'what the sub-agents know; check FILE finds mistakes',
    load: async () => (await import('./skills.ts')).skills,
  },
  {
    name: 'discord',
    summary: 'register the slash commands with Discord',
    load: async () => (await import('./discord.ts')).discord,
  },
  {
    name: 'setup',
    summary: 'install redis-server when it is missing',
    load: async () => (await import('./setup.ts')).setup,
  },
  {
    name: 'doctor',
    summary: 'what is configured, what is reachable, what is missing',
    load: async () => (await import('./doctor.ts')).doctor,
  },
]
