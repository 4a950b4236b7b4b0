// What every chat platform must do, tested once and run over each member: see chat.test.ts.
import { afterAll, beforeAll, describe } from 'vitest'
import { keepsBounds } from './chat-bounds.ts'
import { listens } from './chat-listens.ts'
import { type Can, type ChatRig, createTalk } from './chat-rig.ts'
import { says } from './chat-says.ts'

export function chatContract(name: string, open: () => Promise<ChatRig>, can: Can): void {
  // platforms side by side, the tests of one platform one after the other
  describe.concurrent(name, () => {
    describe('keeps the chat contract', { concurrent: false }, () => {
      let rig: ChatRig
      beforeAll(async () => {
        rig = await open()
      })
      afterAll(() => rig?.stop())
      const talk = createTalk(() => rig)

      says(talk, can)
      keepsBounds(talk)
      if (can.ask) describe('and listens', () => listens(talk))
    })
  })
}
