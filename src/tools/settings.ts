// What tools may reach outside of the cluster: nothing unless it is listed.
import { BlockList, isIP } from 'node:net'
import { z } from 'zod'
import { parseSettings } from '../config.ts'

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )

export const ToolSettings = z.object({
  /** beginnings of https addresses that read_resource may fetch: `https://runbooks.example.com/` */
  READ_URLS: list.refine(
    (urls) => urls.every((url) => /^https:\/\/[^/?#]+\//.test(url) && URL.canParse(url)),
    'takes beginnings of https addresses with a path, such as https://runbooks.example.com/',
  ),
  /** private ranges that may be reached all the same: `10.20.0.0/16` */
  READ_PRIVATE_RANGES: list.refine((ranges) => ranges.every(isRange), 'takes ranges such as 10.20.0.0/16'),
})
export type ToolSettings = z.infer<typeof ToolSettings>

export function readToolSettings(env: Record<string, string | undefined>): ToolSettings {
  return parseSettings(ToolSettings, env)
}

function isRange(text: string): boolean {
  const [address = '', bits = ''] = text.split('/')
  const family = isIP(address)
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

export function blockListOf(ranges: readonly string[]): BlockList {
  const blocked = new BlockList()
  for (const range of ranges) {
    const [address = '', bits = ''] = range.split('/')
    blocked.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return blocked
}
