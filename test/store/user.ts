// A process that uses the embedded Redis of a folder: prints `ready`, then obeys lines on standard input. Run by embedded.test.ts.
import { createInterface } from 'node:readline'
import { silentLogger } from '../../src/log.ts'
import { connectStore } from '../../src/store/redis.ts'

const store = await connectStore({ dataDir: process.argv[2] ?? '', log: silentLogger })
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, key = '', value = ''] = line.split(' ')
  if (verb === 'set') await store.setJson(key, value)
  if (verb === 'get') process.stdout.write(`${String(await store.getJson(key))}\n`)
  else if (verb !== 'close') process.stdout.write('ok\n')
  if (verb === 'close') break
}
await store.close()
process.stdout.write('closed\n')
process.exit(0)
