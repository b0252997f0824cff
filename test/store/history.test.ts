import t from 'tap'
import type { EventFilter, History, StoredRow } from '#src/store/history.js'
import { blockOf, eventOf, type LineParts } from './support/event-lines.js'
import { openStore } from './support/open-store.js'

const startMs = Date.UTC(2026, 0, 2, 3, 0)
const minuteMs = 60_000

async function historyOf(t: Parameters<typeof openStore>[0], events: readonly LineParts[]): Promise<History> {
  const { store } = openStore(t)
  for (const parts of events) store.offer(blockOf([eventOf(parts)]))
  await store.flush(5000)
  return store.history
}

function find(history: History, filter: EventFilter): readonly StoredRow[] {
  return [...history.scan(filter, 100)].flatMap(({ rows }) => rows)
}

t.test('a breakdown counts whole minutes, most first', async (t) => {
  const history = await historyOf(t, [
    { atMs: startMs, rule: 'a' },
    { atMs: startMs + minuteMs - 1, rule: 'b' },
    { atMs: startMs + minuteMs, rule: 'b' },
    { atMs: startMs + 2 * minuteMs, rule: 'c' },
  ])
  t.strictSame(history.breakdown('rule', startMs, startMs + 2 * minuteMs, 10), [
    { name: 'b', count: 2 },
    { name: 'a', count: 1 },
  ])
  t.strictSame(history.breakdown('rule', startMs + 1, startMs + 2 * minuteMs, 10), [{ name: 'b', count: 1 }])
  t.equal(history.breakdown('rule', startMs, startMs + 3 * minuteMs, 2).length, 2)
})

t.test('a timeline counts by slot', async (t) => {
  const history = await historyOf(t, [
    { atMs: startMs, type: 'xss' },
    { atMs: startMs + 4 * minuteMs, type: 'xss' },
    { atMs: startMs + 5 * minuteMs, type: 'lfi' },
  ])
  t.strictSame(history.timeline('type', startMs, startMs + 10 * minuteMs, 5), [
    { startMs, name: 'xss', count: 2 },
    { startMs: startMs + 5 * minuteMs, name: 'lfi', count: 1 },
  ])
})

t.test('events are found by each filter, newest first', async (t) => {
  const history = await historyOf(t, [
    { rule: 'r-1', type: 'xss', path: '/a', client: '192.0.2.1', value: 'one "quoted" 100%' },
    { rule: 'r-10', type: 'xss', path: '/b', client: '192.0.2.2', value: 'two_words' },
    { rule: 'r-1', type: 'lfi', path: '/a', client: '192.0.2.3', value: 'TWO' },
  ])
  const cases: [EventFilter, number[]][] = [
    [{}, [3, 2, 1]],
    [{ rule: 'r-1' }, [3, 1]],
    [{ type: 'xss' }, [2, 1]],
    [{ route: 'GET shop.example/a', client: '192.0.2.3' }, [3]],
    [{ text: 'two' }, [3, 2]],
    [{ text: 'o_w' }, [2]],
    [{ text: '"quoted" 100%' }, [1]],
    [{ text: "'; DROP TABLE events; --" }, []],
    [{ beforeId: 3 }, [2, 1]],
    [{ beforeId: 1 }, []],
  ]
  for (const [filter, ids] of cases)
    t.strictSame(
      find(history, filter).map(({ id }) => id),
      ids,
      JSON.stringify(filter),
    )
})

t.test('the time range has its first moment and not its last', async (t) => {
  const history = await historyOf(t, [{ atMs: startMs - 1 }, { atMs: startMs }, { atMs: startMs + 1 }])
  t.strictSame(
    find(history, { fromMs: startMs, toMs: startMs + 1 }).map(({ id }) => id),
    [2],
  )
  t.strictSame(find(history, { fromMs: startMs + 2 }), [])
})

t.test('a search goes on where it ended, whatever the size of its steps', async (t) => {
  const history = await historyOf(
    t,
    Array.from({ length: 25 }, (_, index) => ({ rule: index % 2 === 0 ? 'even' : 'odd' })),
  )
  const seen: number[] = []
  let beforeId: number | undefined
  for (;;) {
    const [step] = history.scan({ rule: 'even', ...(beforeId === undefined ? {} : { beforeId }) }, 4)
    if (step === undefined) break
    seen.push(...step.rows.map(({ id }) => id))
    beforeId = step.nextId
  }
  t.strictSame(
    seen,
    Array.from({ length: 13 }, (_, index) => 25 - 2 * index),
  )
})

t.test('each step says how far it got', async (t) => {
  const history = await historyOf(
    t,
    Array.from({ length: 1200 }, () => ({})),
  )
  const steps = [...history.scan({ rule: 'none' }, 10)]
  t.ok(steps.length > 1)
  t.equal(steps.at(-1)?.scannedCount, 1200)
  t.ok(steps.every(({ totalCount }) => totalCount === 1200))
})

t.test('an empty store has no extent and no events', async (t) => {
  const { store } = openStore(t)
  t.strictSame(store.history.extent(), { eventCount: 0, oldestMs: undefined, newestMs: undefined })
  t.strictSame(find(store.history, {}), [])
})
