import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { nameLimits, otherName } from '#src/store/rollup-tally.js'
import { waitUntil } from '../e2e/support/wait-until.js'
import { newLedger } from '../sinks/support/no-account.js'
import { blockOf, eventOf } from './support/event-lines.js'
import { openStore, testNowMs } from './support/open-store.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const mib = 1024 * 1024

t.test('an event is stored whole, counted, and told with its number', async (t) => {
  const { store, stored } = openStore(t)
  store.offer(blockOf([eventOf({ path: '/a' }), eventOf({ path: '/b', rule: 'r-2', type: 'xss' })]))
  t.equal(await store.flush(1000), true)
  t.strictSame(
    stored.map(({ id, facts }) => [id, facts.route]),
    [
      [1, 'GET shop.example/a'],
      [2, 'GET shop.example/b'],
    ],
  )
  t.strictSame(JSON.parse(store.history.get(2)?.line ?? ''), eventOf({ path: '/b', rule: 'r-2', type: 'xss' }))
  t.equal(store.history.get(3), undefined)
  t.match(store.totals, { name: 'store', written: 2, queuedBytes: 0, dropped: { queue_full: 0, write_error: 0 } })
})

t.test('a line that is no event is counted and costs the others nothing', async (t) => {
  const { store } = openStore(t)
  const { lines } = blockOf([eventOf()])
  store.offer({ lines: Buffer.concat([Buffer.from('no event\n'), lines]), eventCount: 2 })
  await store.flush(1000)
  t.match(store.totals, { written: 1, dropped: { not_an_event: 1 } })
})

t.test('names of a minute beyond the bound count as others; none is lost', async (t) => {
  const { store } = openStore(t)
  const count = nameLimits.client + 7
  store.offer(blockOf(Array.from({ length: count }, (_, index) => eventOf({ client: `192.0.2.${index}` }))))
  await store.flush(1000)
  const clients = store.history.breakdown('client', testNowMs - dayMs, testNowMs, 1000)
  t.equal(clients.length, nameLimits.client + 1)
  t.strictSame(clients[0], { name: otherName, count: 7 })
})

t.test('a queue that is full drops and counts, and takes again when there is room', async (t) => {
  const block = blockOf([eventOf()])
  const { store, notices } = openStore(t, { queueLimitBytes: 2 * block.lines.byteLength })
  for (let index = 0; index < 3; index++) store.offer(block)
  t.match(store.totals, { dropped: { queue_full: 1 }, queuedBytes: 2 * block.lines.byteLength })
  t.match(notices, [{ code: 'MWAF_SINK_WRITE', details: { target: 'store', dropped: 1 } }])
  await store.flush(1000)
  store.offer(block)
  await store.flush(1000)
  t.match(store.totals, { written: 3, dropped: { queue_full: 1 } })
})

t.test('events and counts beyond their age go', async (t) => {
  const { store } = openStore(t, { ageMs: hourMs })
  store.offer(blockOf([eventOf({ atMs: testNowMs - hourMs - 120_000 }), eventOf({ atMs: testNowMs - hourMs + 1 })]))
  await store.flush(1000)
  store.offer(blockOf([eventOf({ atMs: testNowMs })]))
  await store.flush(1000)
  t.equal(store.history.get(1), undefined)
  t.ok(store.history.get(2))
  t.strictSame(store.history.breakdown('all', testNowMs - dayMs, testNowMs + 1, 1), [{ name: 'all', count: 2 }])
})

t.test(
  'a store that is full drops its oldest events and keeps the counts; the file stays below its limit',
  async (t) => {
    const path = `${t.testdir()}/events.db`
    const limitBytes = 16 * mib
    const { store } = openStore(t, { path, limitBytes, queueLimitBytes: 64 * mib })
    const big = eventOf({ value: 'x'.repeat(16_000) })
    for (let index = 0; index < 500; index++) store.offer(blockOf([big, big, big]))
    t.equal(await store.flush(20_000), true)
    t.match(store.totals, { written: 1500, dropped: { queue_full: 0, write_error: 0 } })
    t.equal(store.history.get(1), undefined)
    t.ok(store.history.get(1500))
    t.strictSame(store.history.breakdown('all', testNowMs - dayMs, testNowMs, 1), [{ name: 'all', count: 1500 }])
    const fileBytes = statSync(path).size + statSync(`${path}-wal`).size
    t.ok(fileBytes <= limitBytes, `${fileBytes} bytes`)
  },
)

t.test('a disk that is full is counted, said once, and said again when the store takes events', async (t) => {
  // SQLite's own limit on pages refuses as a full disk does (SQLITE_FULL).
  const { store, notices, stored } = openStore(t, { path: `${t.testdir()}/events.db`, limitBytes: 6.5 * mib })
  const tooMuch = blockOf(Array.from({ length: 300 }, () => eventOf({ value: 'x'.repeat(16_000) })))
  store.offer(tooMuch)
  t.equal(await store.flush(1000), true)
  t.match(store.totals, { written: 0, dropped: { write_error: 300 } })
  t.match(notices, [{ code: 'MWAF_SINK_WRITE', details: { reason: /full/, dropped: 300 } }])
  t.equal(stored.length, 300, 'the stream goes on')
  t.ok(stored.every(({ id }) => id === 0))
  t.strictSame(store.history.breakdown('all', 0, testNowMs, 1), [], 'what is not stored is not counted')
  store.offer(blockOf([eventOf()]))
  await store.flush(1000)
  t.match(store.totals, { written: 1 })
  t.equal(notices.at(-1)?.code, 'MWAF_SINK_RECOVERED')
})

t.test('what is stored is there after a restart', async (t) => {
  const path = `${t.testdir()}/events.db`
  const first = openStore(t, { path })
  first.store.offer(blockOf([eventOf()]))
  await first.store.flush(1000)
  first.store.close()
  t.equal(statSync(path).mode & 0o777, 0o640 & ~process.umask())
  const second = openStore(t, { path })
  t.ok(second.store.history.get(1))
  second.store.offer(blockOf([eventOf()]))
  await second.store.flush(1000)
  t.equal(second.stored[0]?.id, 2)
})

t.test('two processes cannot share a store', async (t) => {
  const path = `${t.testdir()}/events.db`
  const { store } = openStore(t, { path })
  store.offer(blockOf([eventOf()]))
  await store.flush(1000)
  t.throws(() => openStore(t, { path }), { code: 'MWAF_STORE_OPEN', message: /another process has it open/ })
})

t.test('a file that is no store of ours is refused and left as it is', async (t) => {
  const dir = t.testdir({ 'text.db': 'a letter to my mother' })
  const foreign = new DatabaseSync(`${dir}/foreign.db`)
  foreign.exec('CREATE TABLE songs (name TEXT)')
  foreign.close()
  for (const name of ['text.db', 'foreign.db']) {
    const before = readFileSync(`${dir}/${name}`)
    t.throws(() => openStore(t, { path: `${dir}/${name}` }), { code: 'MWAF_STORE_OPEN' })
    t.strictSame(readFileSync(`${dir}/${name}`), before, name)
  }
  t.throws(() => openStore(t, { path: `${dir}/none/events.db` }), { code: 'MWAF_STORE_OPEN' })
})

t.test('a store that a newer mirrorwaf wrote is refused', async (t) => {
  const path = `${t.testdir()}/events.db`
  openStore(t, { path }).store.close()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 2')
  database.close()
  t.throws(() => openStore(t, { path }), { code: 'MWAF_STORE_OPEN', message: /newer/ })
})

t.test('a damaged store is moved aside at the start, and a new one begun', async (t) => {
  const path = `${t.testdir()}/events.db`
  const first = openStore(t, { path })
  first.store.offer(blockOf(Array.from({ length: 100 }, () => eventOf())))
  await first.store.flush(1000)
  first.store.close()
  truncateSync(path, 8000)
  const { store, notices } = openStore(t, { path })
  store.offer(blockOf([eventOf()]))
  await store.flush(1000)
  t.match(store.totals, { written: 1 })
  t.match(notices, [{ code: 'MWAF_STORE_DAMAGED', details: { path, moved: `${path}.damaged` } }])
  t.ok(existsSync(`${path}.damaged`))
})

t.test('a store whose inner pages are noise is moved aside at the start', async (t) => {
  const path = `${t.testdir()}/events.db`
  await fill(t, path, 1000)
  makeNoise(path)
  const { store, notices } = openStore(t, { path })
  store.offer(blockOf([eventOf()]))
  await store.flush(1000)
  t.equal(notices[0]?.code, 'MWAF_STORE_DAMAGED')
  t.equal(store.totals.written, 1)
})

t.test('a store that is damaged while it runs is moved aside; what was in hand is counted', async (t) => {
  const path = `${t.testdir()}/events.db`
  // More than SQLite keeps in memory.
  await fill(t, path, 8000)
  let nowMs = testNowMs
  const { store, notices } = openStore(t, { path, ageMs: dayMs, wallClockMs: () => nowMs })
  makeNoise(path)
  nowMs += 2 * dayMs
  for (let round = 0; round < 3; round++) {
    store.offer(blockOf([eventOf({ atMs: nowMs })]))
    await store.flush(1000)
  }
  t.equal(notices.filter(({ code }) => code === 'MWAF_STORE_DAMAGED').length, 1)
  const { written, dropped } = store.totals
  t.ok(written >= 2, 'the new one takes events')
  t.equal(written + Object.values(dropped).reduce((sum, count) => sum + count, 0), 3)
})

t.test('a read-only file is refused at the start', { skip: process.getuid?.() === 0 }, async (t) => {
  const path = `${t.testdir()}/events.db`
  openStore(t, { path }).store.close()
  chmodSync(path, 0o400)
  t.throws(() => openStore(t, { path }), { code: 'MWAF_STORE_OPEN' })
})

t.test('what waits when the store is closed is counted', async (t) => {
  const { store } = openStore(t)
  store.offer(blockOf([eventOf()]))
  store.close()
  store.offer(blockOf([eventOf()]))
  t.match(store.totals, { dropped: { unflushed: 2 }, queuedBytes: 0 })
})

async function fill(t: Parameters<typeof openStore>[0], path: string, count: number): Promise<void> {
  const { store } = openStore(t, { path })
  for (let done = 0; done < count; done += 50) store.offer(blockOf(Array.from({ length: 50 }, () => eventOf())))
  t.equal(await store.flush(20_000), true)
  store.close()
}

/** The first page is left whole, so that the file still says what it is; everything else is noise. */
function makeNoise(path: string): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(statSync(path).size - 4096, 0xa5), 0, undefined, 4096)
  closeSync(file)
}

t.test('a store that cannot be opened again is tried again: events wait, and it is told and counted', async (t) => {
  const path = `${t.testdir()}/events.db`
  await fill(t, path, 8000)
  let nowMs = testNowMs
  let faultCount = 0
  const { store, notices } = openStore(t, {
    path,
    ageMs: dayMs,
    wallClockMs: () => nowMs,
    onFault: () => {
      faultCount += 1
    },
  })
  // Something is in the way of the place where the damaged file is moved to.
  mkdirSync(`${path}.damaged/full`, { recursive: true })
  makeNoise(path)
  nowMs += 2 * dayMs
  while (store.fault === undefined) {
    store.offer(blockOf([eventOf({ atMs: nowMs })]))
    await store.flush(1000)
  }
  const lost = store.totals.dropped['write_error'] ?? 0
  store.offer(blockOf([eventOf({ atMs: nowMs })]))
  t.equal(await store.flush(50), false)
  t.match(store.totals, { written: 0, dropped: { write_error: lost, queue_full: 0 } }, 'what came since waits')
  t.ok(store.failedReopens >= 1)
  t.equal(notices.filter(({ code }) => code === 'MWAF_STORE_REOPEN').length, 1)
  rmSync(`${path}.damaged`, { recursive: true })
  await waitUntil('the store to be open again', () => (store.fault === undefined ? true : undefined))
  await store.flush(1000)
  t.match(store.totals, { written: 1, queuedBytes: 0, dropped: { write_error: lost } })
  t.equal(store.history.extent().eventCount, 1)
  t.ok(faultCount >= 2)
})

t.test('what a store in memory holds, and what waits for it, is known outside', async (t) => {
  const ledger = newLedger(0)
  const { store } = openStore(t, { held: ledger.store, remembered: ledger.history })
  store.offer(blockOf([eventOf(), eventOf()]))
  await store.flush(1000)
  store.offer(blockOf([eventOf()]))
  t.strictSame(ledger.closeBooks(), { events: 1, history: 2 })
  t.match(store.totals.dropped, { lost: 1 })
})
