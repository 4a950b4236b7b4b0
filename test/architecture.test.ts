// The import rules of docs/decisions/0001, each a sentence. Imports are read as text: type imports and lazy imports count.
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const src = join(root, 'src')

const FLOOR: Record<string, number> = {
  core: 0,
  objects: 1,
  store: 1,
  llm: 1,
  'config.ts': 1,
  'log.ts': 0.5,
  'http.ts': 0.5,
  'metrics.ts': 1,
  'health.ts': 1,
  chat: 2,
  queue: 2,
  kube: 2,
  audit: 2,
  skills: 2,
  harbor: 2,
  charts: 2,
  batch: 2,
  diagnose: 3,
  actions: 3,
  safety: 3,
  tools: 4,
  incidents: 4,
  operator: 4,
  agent: 5,
  gateway: 5,
  tasks: 6,
  roles: 6.5,
  'app.ts': 7,
  cli: 8,
  'main.ts': 9,
}

interface Import {
  file: string
  target: string
  lazy: boolean
  typeOnly: boolean
}

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)))

const imports: Import[] = files.flatMap((file) => importsOf(file))

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8')
  const found: Import[] = []
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm)) {
    found.push({ file, target: normalise(file, match[2] ?? ''), lazy: false, typeOnly: Boolean(match[1]) })
  }
  for (const match of text.matchAll(/import\(\s*'([^']+)'\s*\)/g)) {
    // `typeof import('x')` and `import('x').T` in types cost nothing at run time
    const before = text.slice(Math.max(0, (match.index ?? 0) - 10), match.index)
    found.push({
      file,
      target: normalise(file, match[1] ?? ''),
      lazy: true,
      typeOnly: !/(await|return|=>|\(|=)\s*$/.test(before),
    })
  }
  return found
}

function normalise(file: string, specifier: string): string {
  return specifier.startsWith('.') ? relative(src, resolve(join(src, dirname(file)), specifier)) : specifier
}

function room(file: string): string {
  return file.split('/')[0] ?? file
}

const inner = imports.filter((item) => files.includes(item.target))
const vendors = imports.filter((item) => !files.includes(item.target))
const show = (items: Import[]) => items.map((item) => `${item.file} → ${item.target}`)

describe('the house', () => {
  it('every room has a floor', () => {
    expect(files.map(room).filter((name) => FLOOR[name] === undefined)).toEqual([])
  })

  it('every relative import names a file that exists', () => {
    expect(
      show(
        imports.filter(
          (item) => item.target.endsWith('.ts') && !files.includes(item.target) && !item.target.startsWith('../test/'),
        ),
      ),
    ).toEqual([])
  })

  it('imports go down, and rooms of one floor do not import each other', () => {
    const bad = inner.filter(({ file, target }) => {
      const [from, to] = [room(file), room(target)]
      return from !== to && (FLOOR[to] ?? 99) >= (FLOOR[from] ?? -1)
    })
    expect(show(bad)).toEqual([])
  })

  it('there are no import circles, type imports included', () => {
    expect(circles()).toEqual([])
  })

  it('core imports only Zod and node:', () => {
    const bad = vendors.filter(
      ({ file, target }) => room(file) === 'core' && target !== 'zod' && !target.startsWith('node:'),
    )
    expect(show(bad)).toEqual([])
  })

  it('nobody imports app, except cli', () => {
    expect(show(inner.filter(({ file, target }) => target === 'app.ts' && room(file) !== 'cli'))).toEqual([])
  })

  const VENDORS: [vendor: RegExp, rooms: string[]][] = [
    [/^@slack\//, ['chat/slack']],
    [/^discord\.js/, ['chat/discord']],
    [/^@kubernetes\/client-node/, ['kube']],
    [/^bullmq/, ['queue']],
    [/^ioredis/, ['store', 'queue']],
    [/^fastify|^@fastify\//, ['gateway']],
    [/^@langchain\/(langgraph|langgraph-checkpoint)|^langchain/, ['agent']],
    [/^@langchain\/core/, ['agent', 'llm', 'tools']],
    [/^@langchain\/(openai|google-genai|anthropic|ollama)/, ['llm']],
    [/^unbash/, ['kube/kubectl']],
    // the policy's conditions, and the rules that custom kinds bring to the practice cluster: two languages with one grammar
    [/^@marcbachmann\/cel-js/, ['safety', 'harbor']],
    [/^pino/, ['log.ts']],
    [/^prom-client/, ['metrics.ts']],
  ]
  for (const [vendor, rooms] of VENDORS) {
    it(`${vendor.source} is imported only by ${rooms.join(', ')}`, () => {
      const bad = vendors.filter(
        ({ file, target }) =>
          vendor.test(target) && !rooms.some((name) => file === name || file.startsWith(`${name}/`)),
      )
      expect(show(bad)).toEqual([])
    })
  }

  it('only tasks/execute and tasks/preview import kube/write', () => {
    const bad = inner.filter(
      ({ file, target }) => target === 'kube/write.ts' && !/^tasks\/(execute|preview)\.ts$/.test(file),
    )
    expect(show(bad)).toEqual([])
  })

  it('chat, gateway, incidents and operator never import tasks or agent', () => {
    const bad = inner.filter(
      ({ file, target }) =>
        ['chat', 'gateway', 'incidents', 'operator'].includes(room(file)) && ['tasks', 'agent'].includes(room(target)),
    )
    expect(show(bad)).toEqual([])
  })

  it('agent knows no chat and no queue', () => {
    expect(
      show(inner.filter(({ file, target }) => room(file) === 'agent' && ['chat', 'queue'].includes(room(target)))),
    ).toEqual([])
  })

  it('chat adapters do not import each other', () => {
    const adapter = (file: string) => /^chat\/(slack|discord|terminal|mailbox)\//.exec(file)?.[1]
    const bad = inner.filter(
      ({ file, target }) => adapter(file) && adapter(target) && adapter(file) !== adapter(target),
    )
    expect(show(bad)).toEqual([])
  })

  it('checks do not import each other', () => {
    const bad = inner.filter(
      ({ file, target }) =>
        file.startsWith('diagnose/checks/') &&
        target.startsWith('diagnose/checks/') &&
        file !== 'diagnose/checks/index.ts',
    )
    expect(show(bad)).toEqual([])
  })

  it('every check is in the list', () => {
    const listed = new Set(inner.filter(({ file }) => file === 'diagnose/checks/index.ts').map(({ target }) => target))
    const missing = files.filter(
      (file) => file.startsWith('diagnose/checks/') && file !== 'diagnose/checks/index.ts' && !listed.has(file),
    )
    expect(missing).toEqual([])
  })

  it('only config and the settings of a member read the environment', () => {
    const bad = files.filter(
      (file) =>
        /process\.env/.test(readFileSync(join(src, file), 'utf8')) &&
        file !== 'config.ts' &&
        !file.endsWith('settings.ts'),
    )
    expect(bad).toEqual([])
  })

  it('programs are started only by the embedded Redis and the helm reader, and never through a shell', () => {
    const starts = imports
      .filter(({ target }) => ['node:child_process', 'child_process', 'execa'].includes(target))
      .map(({ file }) => file)
    expect(starts.filter((file) => !/^(store\/(redis-server|install)|kube\/helm)\.ts$/.test(file))).toEqual([])
    expect(
      files.filter((file) => /shell:\s*true|\bexecSync\(|\bexec\(\s*['"`]/.test(readFileSync(join(src, file), 'utf8'))),
    ).toEqual([])
  })

  const ENTRY_ROLES: Record<string, string[]> = {
    'cli/diagnose.ts': ['langchain', 'ioredis', 'bullmq', '@slack', 'discord.js'],
    'cli/judge.ts': ['langchain', 'ioredis', 'bullmq', '@slack', '@kubernetes'],
  }
  for (const [entry, forbidden] of Object.entries(ENTRY_ROLES)) {
    it(`${entry} starts without ${forbidden.join(', ')}`, () => {
      if (!files.includes(entry)) return expect(files).toContain(entry)
      const eager = reach(entry)
      return expect([...eager].filter((target) => forbidden.some((vendor) => target.includes(vendor)))).toEqual([])
    })
  }

  it('app.ts loads LangChain only for the roles that think', () => {
    expect([...reach('app.ts')].filter((target) => /langchain|langgraph/.test(target))).toEqual([])
  })

  it('imports every package it declares, and declares every package it imports', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const used = new Set(
      vendors
        .map(({ target }) => target)
        .filter((target) => !target.startsWith('node:') && !builtinModules.includes(target) && !target.startsWith('..'))
        .map((target) =>
          target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? target),
        ),
    )
    expect([...used].filter((name) => !manifest.dependencies[name])).toEqual([])
  })
})

/** Everything that `entry` loads when it is imported, lazy and type-only imports left out. */
function reach(entry: string): Set<string> {
  const seen = new Set<string>()
  const open = [entry]
  for (let file = open.pop(); file; file = open.pop()) {
    for (const item of imports) {
      if (item.file !== file || item.lazy || item.typeOnly || seen.has(item.target)) continue
      seen.add(item.target)
      open.push(item.target)
    }
  }
  return seen
}

function circles(): string[] {
  const edges = new Map<string, string[]>()
  for (const { file, target, lazy } of inner) if (!lazy) edges.set(file, [...(edges.get(file) ?? []), target])
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (file: string, path: string[]) => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      found.push([...path.slice(path.indexOf(file)), file].join(' → '))
      return
    }
    state.set(file, 'open')
    for (const target of edges.get(file) ?? []) visit(target, [...path, file])
    state.set(file, 'done')
  }
  for (const file of files) visit(file, [])
  return found
}
