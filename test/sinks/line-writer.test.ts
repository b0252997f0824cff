import t from 'tap'
import type { ByteResult, ByteWriter } from '#src/byte-writer.js'
import { LineWriter, retryAfterMs } from '#src/sinks/line-writer.js'
import { block, numbersIn } from './support/blocks.js'

/** Takes so many bytes and then fails with a code, until it is given more room. */
class LimitedWriter implements ByteWriter {
  readonly isTerminal = false
  text = ''
  roomBytes = Number.POSITIVE_INFINITY
  code = 'ENOSPC'

  async write(bytes: Uint8Array): Promise<ByteResult> {
    const taken = Buffer.from(bytes).subarray(0, this.roomBytes)
    this.text += taken.toString()
    this.roomBytes -= taken.byteLength
    if (taken.byteLength === bytes.byteLength) return { writtenBytes: taken.byteLength, error: undefined }
    return { writtenBytes: taken.byteLength, error: Object.assign(new Error('no room'), { code: this.code }) }
  }

  close(): void {}
}

t.test('a fault in the middle of a line never glues its remains to the next one', async (t) => {
  const whole = block(1, 2, 3)
  for (let roomBytes = 0; roomBytes < whole.lines.byteLength; roomBytes++) {
    const bytes = new LimitedWriter()
    const writer = new LineWriter(bytes, false)
    bytes.roomBytes = roomBytes
    const failed = await writer.write(whole)
    bytes.roomBytes = Number.POSITIVE_INFINITY
    t.same(await writer.write(block(4, 5)), { kind: 'written' })
    const writtenEvents = Math.floor(roomBytes / block(1).lines.byteLength)
    t.match(failed, { kind: 'failed', reason: 'write_error', writtenEvents, detail: 'no room', retryAfterMs })
    const found = numbersIn(bytes.text).filter((number) => !Number.isNaN(number))
    // An event that lacked only its line end becomes whole later, although it was counted as lost.
    const wholeEvents = Math.floor((roomBytes + 1) / block(1).lines.byteLength)
    t.strictSame(found, [...[1, 2, 3].slice(0, wholeEvents), 4, 5], `after ${roomBytes} bytes`)
  }
})

t.test('of a block that is cut off, a folded line that was written counts as all its events', async (t) => {
  const bytes = new LimitedWriter()
  const whole = { ...block(1, 2, 3), eventCount: 12, folds: [{ line: 1, eventCount: 10 }] }
  const lineBytes = block(1).lines.byteLength
  for (const [roomBytes, writtenEvents] of [
    [lineBytes, 1],
    [2 * lineBytes - 1, 1],
    [2 * lineBytes, 11],
  ] as const) {
    bytes.roomBytes = roomBytes
    t.match(await new LineWriter(bytes, false).write(whole), { kind: 'failed', writtenEvents })
  }
})

t.test('what an earlier process left unfinished is ended first, also when that fails at first', async (t) => {
  const bytes = new LimitedWriter()
  const writer = new LineWriter(bytes, true)
  bytes.roomBytes = 0
  t.match(await writer.write(block(1)), { kind: 'failed', writtenEvents: 0 })
  bytes.roomBytes = Number.POSITIVE_INFINITY
  t.match(await writer.write(block(2)), { kind: 'written' })
  t.equal(bytes.text, '\n{"number":2}\n')
})

t.test('a reader that is gone is gone for good', async (t) => {
  for (const code of ['EPIPE', 'ECONNRESET', 'EIO']) {
    const bytes = new LimitedWriter()
    bytes.code = code
    bytes.roomBytes = 0
    t.match(await new LineWriter(bytes, false).write(block(1)), { kind: 'failed', reason: 'closed', retryAfterMs: 0 })
  }
})
