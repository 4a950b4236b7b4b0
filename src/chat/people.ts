// Who may ask, and which groups somebody is in. Decisions ask again every time (`fresh`); questions may use an answer of up to a minute ago.
import type { Config } from '../config.ts'
import { messageOf } from '../core/errors.ts'
import { type Person, type PersonRule, personKey } from '../core/people.ts'
import type { Thread } from '../core/thread.ts'
import type { Logger } from '../log.ts'
import { type Adapter, type Profile, SayError, type Verdict } from './contract.ts'

const CACHE_MS = 60_000
const CACHE_SIZE = 2000
/** of those in the settings, so many are looked up by doctor */
const MAX_NAMED = 30

export interface People {
  /** `ASKERS`, or without it members of the own workspace; never bots, guests and strangers. Throws a SayError when the platform is away. */
  mayAsk: (person: Person, where: Thread) => Promise<Verdict>
  /** Who that is and which of the rules' groups they are in. `fresh` looks it up now: use it for every decision. */
  profile: (person: Person, rules: PersonRule[], options?: { fresh?: boolean }) => Promise<Profile>
  /** One of the rules names this person, or a group they are in now; never true for bots, guests and strangers. */
  isOneOf: (person: Person, rules: PersonRule[], options?: { fresh?: boolean }) => Promise<boolean>
}

export function createPeople(options: { askers: PersonRule[]; adapters: () => Adapter[]; log: Logger }): People {
  const { askers, log } = options
  const cache = new Map<string, { at: number; profile: Promise<Profile> }>()

  function lookUp(person: Person, rules: PersonRule[]): Promise<Profile> {
    const where: Thread = { platform: 'slack', workspace: person.workspace, channel: '', thread: '', direct: false }
    const adapter = options
      .adapters()
      .find((one) => one.name === person.platform && one.serves({ ...where, platform: one.name }))
    if (!adapter) throw new SayError('refused', `Nobody here can look up ${personKey(person)}.`)
    return adapter.say.whois(person, rules)
  }

  async function profile(person: Person, rules: PersonRule[], { fresh = false } = {}): Promise<Profile> {
    if (person.platform === 'terminal' || person.platform === 'api') return localProfile(person)
    if (person.platform === 'policy' || person.platform === 'firstmate') return { ...localProfile(person), bot: true }
    if (fresh) return lookUp(person, rules)
    const groups = rules.filter((rule) => rule.kind !== 'person').map((rule) => `${rule.kind}:${rule.id}`)
    const key = JSON.stringify([person.platform, person.workspace, person.id, ...groups.sort()])
    const known = cache.get(key)
    if (known && Date.now() - known.at < CACHE_MS) return known.profile
    const entry = { at: Date.now(), profile: lookUp(person, rules) }
    // a failed look-up is not remembered
    entry.profile.catch(() => cache.get(key) === entry && cache.delete(key))
    cache.delete(key)
    cache.set(key, entry)
    if (cache.size > CACHE_SIZE) for (const [oldest] of cache) if (cache.size > CACHE_SIZE) cache.delete(oldest)
    return entry.profile
  }

  async function isOneOf(person: Person, rules: PersonRule[], options: { fresh?: boolean } = {}): Promise<boolean> {
    const own = rules.filter((rule) => rule.platform === person.platform)
    // whoever is named needs no group, so that one which cannot be looked up does not keep them out
    const named = own.some((rule) => rule.kind === 'person' && rule.id === person.id)
    const groups = named ? [] : own.filter((rule) => rule.kind !== 'person')
    if (!named && groups.length === 0) return false
    const who = await profile(person, groups, options)
    if (who.bot || who.guest || who.stranger) return false
    return named || groups.some(({ kind, id }) => (kind === 'group' ? who.groups : who.roles).includes(id))
  }

  async function mayAsk(person: Person): Promise<Verdict> {
    if (person.platform === 'terminal' || person.platform === 'api') {
      // whoever runs the program, or holds a token of it, is in already; ASKERS may still narrow it
      const named = askers.some((rule) => rule.platform === person.platform)
      if (named && !(await isOneOf(person, askers))) return refusal(person)
      return { allowed: true, name: person.name ?? person.id }
    }
    let who: Profile
    try {
      who = await profile(
        person,
        askers.filter((rule) => rule.platform === person.platform),
      )
    } catch (error) {
      if (!(error instanceof SayError) || error.failure !== 'refused') throw error
      log.error({ person: personKey(person), why: messageOf(error) }, 'somebody who asks cannot be looked up')
      return { allowed: false, why: `I cannot look up who you are, so I cannot answer: ${messageOf(error)}` }
    }
    if (who.bot) return { allowed: false, why: 'I do not answer other bots.' }
    if (who.guest)
      return { allowed: false, why: 'I answer full members of this workspace only, and you are a guest here.' }
    if (who.stranger) {
      return {
        allowed: false,
        why: 'I answer members of my own workspace only, and your account belongs to another one.',
      }
    }
    if (askers.length > 0 && !(await isOneOf(person, askers))) return refusal(person)
    return { allowed: true, name: who.name }
  }

  return { mayAsk, profile, isOneOf }
}

function refusal(person: Person): Verdict {
  return {
    allowed: false,
    why: `You are not among the people who may ask me. An admin can add ${personKey(person)} to ASKERS.`,
  }
}

function localProfile(person: Person): Profile {
  return { name: person.name ?? person.id, bot: false, guest: false, stranger: false, groups: [], roles: [] }
}

/** Everybody and every group that the settings name on a platform, each once; a bounded number of them. */
export function peopleOf(
  { ASKERS, APPROVERS, ADMINS }: Pick<Config, 'ASKERS' | 'APPROVERS' | 'ADMINS'>,
  platform: PersonRule['platform'],
): PersonRule[] {
  const own = [...ASKERS, ...APPROVERS, ...ADMINS].filter((rule) => rule.platform === platform)
  return [...new Map(own.map((rule) => [`${rule.kind} ${rule.id}`, rule])).values()].slice(0, MAX_NAMED)
}
