// What is done when the engine finds something in a request that the prefilter had cleared.
import t from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import type { Log } from '#src/observe/log.js'
import { allocateCounters, SharedCounters } from '#src/observe/shared-counters.js'
import type { BatchResult, Contradiction } from '#src/worker/messages.js'
import { PrefilterWatch, type VerifyAction } from '#src/worker/prefilter-watch.js'

const query: Contradiction = { rules: ['crs-1'], addresses: ['server.request.query'] }
const unplaced: Contradiction = { rules: [], addresses: [] }

function resultWith(contradictions: readonly Contradiction[], workerId = 1): BatchResult {
  return {
    kind: 'inspected',
    events: [],
    spans: [],
    spansOverLimit: 0,
    ruleHits: [],
    bodyFaults: [],
    busyUs: 0,
    clearedCount: 10,
    engineRunCount: 0,
    engineErrorCount: 0,
    verifiedCount: 5,
    contradictedCount: contradictions.length,
    contradictions,
    workerId,
    prefilter: { tableBytes: 100, states: 10, flushes: 1, refused: 2 },
  }
}

function watch(action: VerifyAction): { watch: PrefilterWatch; counters: SharedCounters; lines: string[] } {
  const lines: string[] = []
  const ignore = (): void => {}
  const log: Log = {
    error: ignore,
    warn: ignore,
    info: ignore,
    debug: ignore,
    coded: (level, code, details) => lines.push(`${level} ${code} ${details['rules']} ${details['addresses']}`),
    fault: ignore,
    flush: async () => {},
  }
  const counters = new SharedCounters(allocateCounters())
  return { watch: new PrefilterWatch(action, counters, log), counters, lines }
}

t.test('group: the address goes to the engine, said once, until the next reload', async (t) => {
  const { watch: watched, counters, lines } = watch('group')
  watched.note(resultWith([query]))
  watched.note(resultWith([query]))
  t.strictSame(watched.distrustedAddresses, ['server.request.query'])
  t.equal(watched.isOff, false)
  t.strictSame(lines, ['error MWAF_PREFILTER_CONTRADICTED crs-1 server.request.query'])
  t.equal(counters.get(CounterId.prefilterContradicted), 2)
  t.equal(counters.get(CounterId.prefilterVerified), 10)
  watched.forgive()
  t.strictSame(watched.distrustedAddresses, [])
})

t.test('group: a contradiction without an address switches the prefilter off', async (t) => {
  const { watch: watched, lines } = watch('group')
  watched.note(resultWith([unplaced]))
  t.equal(watched.isOff, true)
  t.equal(lines.length, 1)
})

t.test('off: one contradiction switches the prefilter off', async (t) => {
  const { watch: watched } = watch('off')
  watched.note(resultWith([query]))
  t.equal(watched.isOff, true)
  watched.forgive()
  t.equal(watched.isOff, false)
})

t.test('log: each is said, nothing is changed', async (t) => {
  const { watch: watched, lines } = watch('log')
  watched.note(resultWith([query]))
  watched.note(resultWith([query]))
  t.equal(lines.length, 2)
  t.strictSame(watched.distrustedAddresses, [])
  t.equal(watched.isOff, false)
})

t.test('the gauges are sums over workers, each counted once', async (t) => {
  const { watch: watched, counters } = watch('log')
  watched.note(resultWith([], 1))
  watched.note(resultWith([], 2))
  watched.note(resultWith([], 1))
  t.equal(counters.get(CounterId.prefilterTableBytes), 200)
  t.equal(counters.get(CounterId.prefilterRefused), 4)
})
