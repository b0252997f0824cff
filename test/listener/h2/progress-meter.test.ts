// The bound on bytes that are part of no request, at its edges.
import t from 'tap'
import { ProgressMeter } from '#src/listener/h2/progress-meter.js'

const mib = 1024 * 1024

t.test('a burst of one MiB is the last that is tolerated at once', async (t) => {
  t.notOk(new ProgressMeter(0).isFlood(mib, 0))
  t.ok(new ProgressMeter(0).isFlood(mib + 1, 0))
})

t.test('64 KiB a second are tolerated for good, a byte more is not', async (t) => {
  const last = new ProgressMeter(0)
  const first = new ProgressMeter(0)
  for (const meter of [last, first]) t.notOk(meter.isFlood(mib, 0))
  for (let second = 1; second < 100; second += 1) t.notOk(last.isFlood(mib + second * 65_536, second * 1000))
  t.ok(first.isFlood(mib + 65_537, 1000))
})

t.test('requests, pieces of bodies and what is left unread make up for their bytes', async (t) => {
  const meter = new ProgressMeter(0)
  t.notOk(meter.isFlood(mib, 0))
  meter.noteRequest(100)
  meter.notePiece(1000)
  meter.noteUnread()
  const useful = 1024 + 200 + 512 + 1000 + 65_536
  t.notOk(meter.isFlood(mib + useful, 0))
  t.ok(meter.isFlood(mib + useful + 1, 0))
})

t.test('a connection that was of use for long may not waste more for it', async (t) => {
  const meter = new ProgressMeter(0)
  for (let count = 0; count < 10_000; count += 1) meter.noteRequest(1000)
  t.notOk(meter.isFlood(1000, 60_000))
  t.ok(meter.isFlood(1000 + mib + 1, 60_000))
})
