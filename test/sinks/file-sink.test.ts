import { execFileSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FileSink } from '#src/sinks/file-sink.js'
import { block, numbersIn } from './support/blocks.js'

/** A clock that the test moves, so that looking for a moved file needs no waiting. */
let nowMs = 0

async function openSink(t: Test, name = 'events.jsonl'): Promise<{ path: string; sink: FileSink }> {
  const path = join(t.testdir(), name)
  const sink = new FileSink(path, () => nowMs)
  await sink.open()
  t.teardown(() => sink.close())
  return { path, sink }
}

function numbersOf(path: string): readonly number[] {
  return numbersIn(readFileSync(path, 'utf8'))
}

t.test('events are appended, and the file is not for everybody', async (t) => {
  const { path, sink } = await openSink(t)
  t.same(await sink.write(block(1)), { kind: 'written' })
  t.same(await sink.write(block(2, 3)), { kind: 'written' })
  t.strictSame(numbersOf(path), [1, 2, 3])
  t.equal(statSync(path).mode & 0o007, 0)
})

t.test('a torn line that an earlier process left is ended before the first event', async (t) => {
  const path = join(t.testdir({ 'events.jsonl': '{"number":1}\n{"numb' }), 'events.jsonl')
  const sink = new FileSink(path, () => nowMs)
  await sink.open()
  await sink.write(block(2))
  await sink.close()
  t.strictSame(numbersOf(path), [1, Number.NaN, 2])
})

t.test('after reopen events go to what the path leads to then', async (t) => {
  const { path, sink } = await openSink(t)
  await sink.write(block(1))
  renameSync(path, `${path}.1`)
  await sink.write(block(2))
  await sink.reopen()
  await sink.write(block(3))
  t.strictSame([numbersOf(`${path}.1`), numbersOf(path)], [[1, 2], [3]])
})

t.test('a file that was moved, deleted or replaced is noticed within a second', async (t) => {
  const { path, sink } = await openSink(t)
  await sink.write(block(1))
  renameSync(path, `${path}.1`)
  nowMs += 999
  await sink.write(block(2))
  t.strictSame(numbersOf(`${path}.1`), [1, 2])
  nowMs += 1
  await sink.write(block(3))
  t.strictSame(numbersOf(path), [3])
  rmSync(path)
  nowMs += 1000
  await sink.write(block(4))
  t.strictSame(numbersOf(path), [4])
  rmSync(path)
  writeFileSync(path, '{"number":5}\n')
  nowMs += 1000
  await sink.write(block(6))
  t.strictSame(numbersOf(path), [5, 6])
})

t.test('a file that was emptied in place goes on from its start', async (t) => {
  const { path, sink } = await openSink(t)
  await sink.write(block(1))
  writeFileSync(path, '')
  await sink.write(block(2))
  t.strictSame(numbersOf(path), [2])
})

t.test('a full disk refuses the block and asks for time', async (t) => {
  const sink = new FileSink('/dev/full', () => nowMs)
  await sink.open()
  t.teardown(() => sink.close())
  const result = await sink.write(block(1, 2))
  t.match(result, { kind: 'failed', reason: 'write_error', writtenEvents: 0, detail: /ENOSPC/, retryAfterMs: 1000 })
})

t.test('when the directory goes away writes fail, and work again when it is back', async (t) => {
  const directory = join(t.testdir({ logs: {} }), 'logs')
  const path = join(directory, 'events.jsonl')
  const sink = new FileSink(path, () => nowMs)
  await sink.open()
  t.teardown(() => sink.close())
  renameSync(directory, `${directory}.1`)
  nowMs += 1000
  t.match(await sink.write(block(1)), { kind: 'failed', reason: 'write_error', detail: /ENOENT/ })
  renameSync(`${directory}.1`, directory)
  t.same(await sink.write(block(2)), { kind: 'written' })
  t.strictSame(numbersOf(path), [2])
})

t.test('what cannot be written is refused at start, naming the target', async (t) => {
  const directory = t.testdir()
  const fifo = join(directory, 'fifo')
  execFileSync('mkfifo', [fifo])
  for (const [path, reason] of [
    [join(directory, 'no', 'events.jsonl'), /ENOENT/],
    [directory, /EISDIR/],
    [fifo, /ENXIO/],
  ] as const) {
    const opened = new FileSink(path, () => nowMs).open()
    await t.rejects(opened, { code: 'MWAF_SINK_TARGET', details: { target: `file:${path}`, reason } })
  }
})
