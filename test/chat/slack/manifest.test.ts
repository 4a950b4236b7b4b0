// The app's manifest asks for what the adapter needs, and for nothing else.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { GROUP_SCOPE, SCOPES } from '../../../src/chat/slack/doctor.ts'
import { ALL_SCOPES } from '../../fakes/slack/scopes.ts'

const manifest = parse(readFileSync(join(import.meta.dirname, '../../../deploy/slack-manifest.yaml'), 'utf8'))

it('asks for exactly the scopes that doctor checks', () => {
  expect(manifest.oauth_config.scopes.bot.toSorted()).toEqual([...Object.keys(SCOPES), GROUP_SCOPE].toSorted())
  expect(manifest.oauth_config.scopes.user).toBeUndefined()
})

it('is what the Slack of our tests grants, so that no test needs more', () => {
  expect(manifest.oauth_config.scopes.bot.toSorted()).toEqual(ALL_SCOPES.toSorted())
})

it('sends every event, command and shortcut that the adapter listens for', () => {
  expect(manifest.settings.event_subscriptions.bot_events.toSorted()).toEqual([
    'app_home_opened',
    'app_mention',
    'message.channels',
    'message.groups',
    'message.im',
    'message.mpim',
  ])
  expect(manifest.features.shortcuts[0]).toMatchObject({ type: 'message', callback_id: 'investigate' })
  expect(manifest.features.slash_commands[0].command).toBe('/firstmate')
  expect(manifest.settings).toMatchObject({ socket_mode_enabled: true, interactivity: { is_enabled: true } })
})
