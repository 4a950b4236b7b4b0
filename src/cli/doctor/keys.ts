// The keys of decisions and of the audit: processes that share a Redis must share them.
import { AUDIT_LIST, isOurs } from '../../audit/chain.ts'
import type { Config } from '../../config.ts'
import { messageOf } from '../../core/errors.ts'
import { loadAuditKey } from '../../safety/signature.ts'
import type { Store } from '../../store/store.ts'
import type { Report } from './report.ts'

export async function examineKeys(config: Config, store: Store): Promise<Report[]> {
  const area = 'keys'
  const unset = [
    ...(config.SIGNING_KEY ? [] : ['SIGNING_KEY']),
    ...(config.AUDIT_KEY || config.AUDIT_KEY_FILE ? [] : ['AUDIT_KEY']),
  ]
  // without REDIS_URL there is one data folder, and its keys are everybody's
  const perFolder: Report[] =
    config.REDIS_URL && unset.length > 0
      ? [
          {
            area,
            state: 'missing',
            detail: `${unset.join(' and ')} not set, made in ${config.DATA_DIR}: replicas with a data folder of their own need the same ones set`,
          },
        ]
      : []
  try {
    const newest = await store.redis.lindex(store.key(AUDIT_LIST), -1)
    if (newest && !isOurs(newest, await loadAuditKey(config)))
      return [
        ...perFolder,
        {
          area,
          state: 'wrong',
          detail: 'the newest audit record was written with another key: set the same AUDIT_KEY for every process',
        },
      ]
  } catch (error) {
    return [...perFolder, { area, state: 'wrong', detail: messageOf(error) }]
  }
  return perFolder.length > 0
    ? perFolder
    : [{ area, state: 'ok', detail: 'decisions are signed, the audit is chained' }]
}
