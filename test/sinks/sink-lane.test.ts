import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { attemptLimit, retryDelayMs } from '#src/sinks/retry-delay.js'
import { countEvents, type EventBlock, joinBlocks, type SinkNotice, type WriteResult } from '#src/sinks/sink.js'
import { SinkLane } from '#src/sinks/sink-lane.js'
import { block } from './support/blocks.js'
import { failed, HeldSink } from './support/held-sink.js'
import { noAccount } from './support/no-account.js'

const eventBytes = block(1).lines.byteLength

function openLane(limitBytes: number, batchLimitBytes = 0): { sink: HeldSink; lane: SinkLane; notices: SinkNotice[] } {
  const sink = new HeldSink(batchLimitBytes)
  const notices: SinkNotice[] = []
  return {
    sink,
    notices,
    lane: new SinkLane({
      sink,
      limitBytes,
      notify: (notice) => notices.push(notice),
      held: noAccount,
      random: () => 0.5,
    }),
  }
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await delay(2)
}

t.test('blocks are written one after the other, in order', async (t) => {
  const { sink, lane } = openLane(1000)
  for (let number = 1; number <= 3; number++) lane.offer(block(number))
  for (let round = 0; round < 3; round++) await sink.end()
  await lane.whenIdle()
  t.strictSame(sink.written, [1, 2, 3])
  t.match(lane.totals, { name: 'held', written: 3, queuedBytes: 0 })
})

t.test(
  'the queue takes its limit in bytes, the block in hand included, and drops what is beyond with a count',
  async (t) => {
    const { sink, lane, notices } = openLane(3 * eventBytes)
    for (let number = 1; number <= 4; number++) lane.offer(block(number))
    t.equal(lane.totals.queuedBytes, 3 * eventBytes)
    t.equal(lane.totals.dropped.queue_full, 1)
    await sink.end()
    lane.offer(block(5))
    lane.offer(block(6, 7))
    t.equal(lane.totals.dropped.queue_full, 3)
    t.equal(notices.length, 1, 'one notice, not one per event')
    t.match(notices[0], { level: 'warn', code: 'MWAF_SINK_WRITE', details: { target: 'held', dropped: 1 } })
  },
)

t.test('a block that failed is given up by its reason, and what it wrote before counts', async (t) => {
  const { sink, lane, notices } = openLane(1000)
  lane.offer(block(1, 2, 3))
  lane.offer(block(4))
  await sink.end(failed('write_error', 1))
  t.match(lane.totals, { written: 1, dropped: { write_error: 2 } })
  await sink.end(failed('closed'))
  t.match(lane.totals.dropped, { write_error: 2, closed: 1 })
  lane.offer(block(5))
  await sink.end()
  t.strictSame(
    notices.map(({ code }) => code),
    ['MWAF_SINK_WRITE', 'MWAF_SINK_RECOVERED'],
  )
})

t.test('after a fault the destination is left alone for as long as it asks, or until it is opened anew', async (t) => {
  const { sink, lane } = openLane(1000)
  lane.offer(block(1))
  lane.offer(block(2))
  await sink.end(failed('write_error', 0, 60_000))
  t.notOk(sink.isWriting)
  lane.reopen()
  await delay(1)
  t.equal(sink.reopenCount, 1)
  t.ok(sink.isWriting)
  await sink.end(failed('write_error', 0, 20))
  lane.offer(block(3))
  t.notOk(sink.isWriting)
  await delay(40)
  t.ok(sink.isWriting)
})

t.test('opening anew waits for the write in hand, and needs no event', async (t) => {
  const { sink, lane } = openLane(1000)
  lane.offer(block(1))
  lane.reopen()
  await delay(1)
  t.equal(sink.reopenCount, 0)
  await sink.end()
  t.equal(sink.reopenCount, 1)
  lane.reopen()
  await delay(1)
  t.equal(sink.reopenCount, 2)
})

t.test('what was not written when the process ends is counted, once', async (t) => {
  const { sink, lane } = openLane(1000)
  lane.offer(block(1, 2))
  lane.offer(block(3))
  await lane.close()
  t.ok(sink.isClosed)
  await sink.end()
  lane.offer(block(4))
  t.match(lane.totals, { written: 0, queuedBytes: 0, dropped: { unflushed: 4 } })
})

const retry: WriteResult = { kind: 'retry', detail: 'no luck', retryAfterMs: undefined }

t.test('a block that may be tried again is, before those behind it, with longer pauses each time', async (t) => {
  const { sink, lane, notices } = openLane(1000)
  lane.offer(block(1))
  lane.offer(block(2))
  await sink.end(retry)
  t.notOk(sink.isWriting)
  t.match(lane.totals, { written: 0, queuedBytes: 2 * eventBytes, dropped: { write_error: 0 } })
  await delay(300)
  await sink.end(retry)
  await delay(150)
  t.notOk(sink.isWriting, 'the second pause is longer')
  await delay(400)
  await sink.end()
  await sink.end()
  t.strictSame(sink.written, [1, 2])
  t.strictSame(
    notices.map(({ code }) => code),
    ['MWAF_SINK_WAITING', 'MWAF_SINK_RECOVERED'],
  )
})

t.test('a block is given up after its last try, and the next one gets its own', async (t) => {
  const { sink, lane } = openLane(1000)
  lane.offer(block(1, 2))
  lane.offer(block(3))
  for (let attempt = 1; attempt <= attemptLimit; attempt += 1) {
    t.equal(lane.totals.dropped.write_error, 0)
    lane.hurry()
    await until(() => sink.isWriting)
    await sink.end(retry)
  }
  t.equal(lane.totals.dropped.write_error, 2)
  await sink.end()
  t.strictSame(sink.written, [3])
})

t.test('blocks that wait are joined up to the size that the sink names; one in retry stays as it was', async (t) => {
  const { sink, lane } = openLane(1000, 3 * eventBytes)
  lane.offer(block(1))
  for (const number of [2, 3, 4, 5]) lane.offer(block(number))
  await sink.end()
  t.strictSame(sink.written, [1])
  await sink.end(retry)
  lane.offer(block(6))
  lane.hurry()
  await until(() => sink.isWriting)
  await sink.end()
  t.strictSame(sink.written, [1, 2, 3, 4])
  t.strictSame(sink.blockSizes, [1, 3, 3, 2])
  await sink.end()
  t.strictSame(sink.written, [1, 2, 3, 4, 5, 6])
  t.match(lane.totals, { written: 6, queuedBytes: 0 })
})

t.test('pauses double from a quarter of a second to half a minute, and half of each is chance', async (t) => {
  t.strictSame(
    [1, 2, 7, 8, 15].map((attempt) => retryDelayMs(attempt, 1)),
    [250, 500, 16_000, 30_000, 30_000],
  )
  t.equal(retryDelayMs(1, 0), 125)
})

/** The second line stands for ten events. */
function foldedBlock(...numbers: readonly number[]): EventBlock {
  return { ...block(...numbers), eventCount: numbers.length + 9, folds: [{ line: 1, eventCount: 10 }] }
}

t.test('a folded line counts as the events it stands for, whatever becomes of it', async (t) => {
  const { sink, lane } = openLane(5 * eventBytes)
  lane.offer(foldedBlock(1, 2))
  lane.offer(foldedBlock(3, 4))
  lane.offer(foldedBlock(5, 6))
  t.match(lane.totals.dropped, { queue_full: 11 })
  await sink.end()
  t.match(lane.totals, { written: 11 })
  await lane.close()
  t.match(lane.totals.dropped, { queue_full: 11, unflushed: 11 })
})

t.test('blocks that are joined keep what their lines stand for', async (t) => {
  const { folds, eventCount } = joinBlocks([block(1), foldedBlock(2, 3), block(4), foldedBlock(5, 6)])
  t.equal(eventCount, 24)
  t.strictSame(folds, [
    { line: 2, eventCount: 10 },
    { line: 5, eventCount: 10 },
  ])
  const joined = joinBlocks([foldedBlock(1, 2), foldedBlock(3, 4)])
  t.strictSame(
    [0, 1, 2, 3, 4].map((lineCount) => countEvents(joined, lineCount)),
    [0, 1, 11, 12, 22],
  )
})

t.test('what was written of a block that is given up counts as written', async (t) => {
  const { sink, lane } = openLane(1000)
  lane.offer(block(1, 2, 3))
  for (let attempt = 1; attempt <= attemptLimit; attempt += 1) {
    lane.hurry()
    await until(() => sink.isWriting)
    await sink.end({ ...retry, writtenEvents: 2 })
  }
  t.match(lane.totals, { written: 2, dropped: { write_error: 1 } })
})

t.test('what a lane holds is known outside, until it is written or counted', async (t) => {
  const held: number[] = []
  let total = 0
  const account = {
    lost: 0,
    set: () => {},
    add: (eventCount: number) => {
      total += eventCount
      held.push(total)
    },
  }
  const sink = new HeldSink()
  const lane = new SinkLane({ sink, limitBytes: 1000, notify: () => {}, held: account, random: () => 0.5 })
  lane.offer(foldedBlock(1, 2))
  lane.offer(block(3))
  await sink.end()
  await lane.close()
  t.strictSame(held, [11, 12, 1, 0])
})
