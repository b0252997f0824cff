// A process that stores events until somebody kills it; it says how many are stored, which then must be there.
import { writeSync } from 'node:fs'
import { EventStore } from '#src/store/event-store.js'
import { noAccount } from '../../sinks/support/no-account.js'
import { blockOf, eventOf } from './event-lines.js'

const store = new EventStore({
  path: process.argv[2] ?? '',
  limitBytes: 64 * 1024 * 1024,
  ageMs: 86_400_000_000,
  queueLimitBytes: 1024 * 1024,
  wallClockMs: () => Date.now(),
  notify: (notice) => writeSync(2, `${JSON.stringify(notice)}\n`),
  onStored: (events) => writeSync(1, `${events.at(-1)?.id}\n`),
  onFault: () => {},
  held: noAccount,
  remembered: noAccount,
})
setInterval(() => {
  for (let index = 0; index < 3; index++) store.offer(blockOf([eventOf({ rule: `r-${index}` })]))
}, 1)
