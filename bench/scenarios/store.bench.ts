// The event store at size: how fast events are stored, and how long questions about ten million of them take.
// Run: node build/bench/scenarios/store.bench.js fill FILE [EVENTS]   the generator: EVENTS (ten million) over the last 24 hours
//      node build/bench/scenarios/store.bench.js ask FILE             the questions; one JSON line per question
// Events go in as they do in production, through the store's queue and transactions, so the counts per minute are true.
import { statSync } from 'node:fs'
import { allocateHeldLedger, HeldLedger } from '#src/sinks/held-ledger.js'
import type { EventBlock } from '#src/sinks/sink.js'
import { EventStore } from '#src/store/event-store.js'
import { SeededRandom } from '../corpora/random.js'

const [mode = '', path = '', countText = '10000000'] = process.argv.slice(2)
const dayMs = 86_400_000
const gib = 1024 ** 3
const eventsPerBlock = 64
/** As many rules and types as the default ruleset has; clients and routes far beyond the bounds of a minute. */
const space = { rules: 200, types: 19, routes: 5000, clients: 50_000 } as const
const random = new SeededRandom(4711)
const nowMs = Date.now()

const ledger = new HeldLedger(allocateHeldLedger(0))
const store = new EventStore({
  path,
  limitBytes: 32 * gib,
  ageMs: 30 * dayMs,
  queueLimitBytes: 64 * 1024 * 1024,
  wallClockMs: () => nowMs,
  notify: (notice) => console.error(JSON.stringify(notice)),
  onStored: () => {},
  onFault: () => {},
  held: ledger.store,
  remembered: ledger.history,
})
if (mode === 'fill') await fill(Number(countText))
else ask()
store.close()

async function fill(count: number): Promise<void> {
  const startMs = performance.now()
  for (let done = 0; done < count; done += eventsPerBlock) {
    store.offer(makeBlock(done, count))
    if (store.totals.queuedBytes > 16 * 1024 * 1024) await store.flush(60_000)
  }
  await store.flush(60_000)
  const seconds = (performance.now() - startMs) / 1000
  report('fill', { events: store.totals.written, seconds, perSecond: store.totals.written / seconds, dropped: 0 })
}

function ask(): void {
  const { history } = store
  const { eventCount } = history.extent()
  const fromMs = nowMs - dayMs
  for (const dimension of ['rule', 'type', 'route', 'client'] as const) {
    measure(`last 24 hours by ${dimension}`, eventCount, () => history.breakdown(dimension, fromMs, nowMs, 20).length)
  }
  measure('timeline of 24 hours by type', eventCount, () => history.timeline('type', fromMs, nowMs, 5).length)
  measure('the newest 50 events', eventCount, () => takeRows(history.scan({}, 50), 1))
  measure('50 events of one rule', eventCount, () => takeRows(history.scan({ rule: 'rule-7' }, 50), 50))
  const steps: number[] = []
  const scan = history.scan({ text: 'nothing has this' }, 50)
  let scanned = 0
  const deadlineMs = performance.now() + 2000
  while (performance.now() < deadlineMs) {
    const stepStartMs = performance.now()
    const step = scan.next()
    if (step.done === true) break
    steps.push(performance.now() - stepStartMs)
    scanned = step.value.scannedCount
  }
  report('text search for 2 s', { events: scanned, steps: steps.length, longestStepMs: Math.max(...steps) })
}

function takeRows(scan: ReturnType<EventStore['history']['scan']>, wanted: number): number {
  let found = 0
  for (const { rows } of scan) {
    found += rows.length
    if (found >= wanted) break
  }
  return found
}

/** The first answer is the one that counts: nothing is in memory yet. */
function measure(question: string, events: number, run: () => number): void {
  const times = Array.from({ length: 3 }, () => {
    const startMs = performance.now()
    run()
    return performance.now() - startMs
  })
  report(question, { events, firstMs: times[0] ?? 0, bestMs: Math.min(...times) })
}

function report(what: string, figures: Readonly<Record<string, number>>): void {
  const rounded = Object.entries(figures).map(([name, value]) => [name, Math.round(value * 10) / 10])
  console.log(
    JSON.stringify({ what, fileMiB: Math.round(statSync(path).size / 1024 / 1024), ...Object.fromEntries(rounded) }),
  )
}

function makeBlock(done: number, count: number): EventBlock {
  const events = Array.from({ length: eventsPerBlock }, (_, index) =>
    makeEvent(nowMs - dayMs + ((done + index) / count) * dayMs),
  )
  return { lines: Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join('')), eventCount: events.length }
}

/** Few and many as attackers do it: the square makes low numbers frequent. */
function pick(count: number): number {
  return Math.floor(random.next() ** 2 * count)
}

function makeEvent(atMs: number): object {
  const rule = pick(space.rules)
  return {
    schema_version: 1,
    timestamp: new Date(atMs).toISOString(),
    event_id: '01234567-89ab-7def-8123-456789abcdef',
    request: { method: 'GET', host: 'shop.example', path: `/part${pick(space.routes)}/list`, query: 'id=1' },
    client: { ip: `2001:db8::${pick(space.clients).toString(16)}`, peer: '127.0.0.1', chain: [] },
    matches: [
      { rule: { id: `rule-${rule}`, name: `Rule ${rule}`, tags: { type: `type-${rule % space.types}` } }, matches: [] },
    ],
    outcome: 'matched',
  }
}
