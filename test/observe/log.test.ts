import t from 'tap'
import type { ByteResult, ByteWriter } from '#src/byte-writer.js'
import { MirrorwafError } from '#src/errors.js'
import { createLog, logBufferLimitBytes } from '#src/observe/log.js'

/** Keeps what is written; while held, a write does not end. */
class KeepingWriter implements ByteWriter {
  readonly isTerminal: boolean
  text = ''
  #hold: Promise<void> = Promise.resolve()
  #release: () => void = () => {}

  constructor(isTerminal = false) {
    this.isTerminal = isTerminal
  }

  hold(): void {
    this.#hold = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  release(): void {
    this.#release()
  }

  async write(bytes: Uint8Array): Promise<ByteResult> {
    await this.#hold
    this.text += Buffer.from(bytes).toString()
    return { writtenBytes: bytes.byteLength, error: undefined }
  }

  close(): void {}

  get entries(): readonly unknown[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line))
  }
}

t.test('lines are JSON with time, level, message and details', async (t) => {
  const writer = new KeepingWriter()
  const log = createLog({ level: 'info', writer })
  log.info('listening', { port: 8080 })
  log.debug('too much')
  await log.flush(1000)
  t.match(writer.entries, [{ level: 'info', time: /^\d{4}-.*Z$/, message: 'listening', details: { port: 8080 } }])
  t.equal(writer.entries.length, 1)
})

t.test('coded lines carry the code and the text of the catalogue', async (t) => {
  const writer = new KeepingWriter()
  const log = createLog({ level: 'info', writer })
  log.coded('warn', 'MWAF_SINK_TARGET', { target: 'x', reason: 'y' })
  await log.flush(1000)
  t.match(writer.entries, [{ level: 'warn', code: 'MWAF_SINK_TARGET', message: 'Cannot write events to x: y.' }])
})

t.test('a fault carries code, cause and stack; what is no error of ours its message', async (t) => {
  const writer = new KeepingWriter()
  const log = createLog({ level: 'error', writer })
  log.fault(new MirrorwafError('MWAF_SINK_TARGET', { target: 'x', reason: 'y' }, new Error('inner')))
  log.fault(new TypeError('odd'))
  log.fault('text')
  await log.flush(1000)
  t.match(writer.entries, [
    { level: 'error', code: 'MWAF_SINK_TARGET', cause: 'inner', stack: /log\.test/ },
    { level: 'error', message: 'odd', stack: /TypeError/ },
    { level: 'error', message: 'text' },
  ])
})

t.test('silent logs nothing', async (t) => {
  const writer = new KeepingWriter()
  const log = createLog({ level: 'silent', writer })
  log.error('x')
  await log.flush(1000)
  t.equal(writer.text, '')
})

t.test('a stalled stderr holds the bound, drops what is beyond, and says how much when it goes on', async (t) => {
  const writer = new KeepingWriter()
  const log = createLog({ level: 'info', writer })
  writer.hold()
  log.info('first')
  const message = 'x'.repeat(10_000)
  const lineCount = Math.ceil((2 * logBufferLimitBytes) / message.length)
  for (let index = 0; index < lineCount; index++) log.info(message)
  await log.flush(1)
  t.equal(writer.text, '')
  writer.release()
  await log.flush(1000)
  const kept = writer.entries.length - 2
  t.ok(kept * message.length <= logBufferLimitBytes && kept * message.length > logBufferLimitBytes * 0.9)
  t.match(writer.entries.at(-1), { level: 'warn', message: `${lineCount - kept} log lines were dropped` })
})

t.test('a terminal gets short lines that nothing can drive', async (t) => {
  const writer = new KeepingWriter(true)
  const log = createLog({ level: 'info', writer })
  log.info('hello \u001b[2J\n')
  log.coded('warn', 'MWAF_SINK_TARGET', { target: 'x', reason: 'y' })
  await log.flush(1000)
  t.match(
    writer.text,
    /^\d\d:\d\d:\d\d info {2}hello \\x1b\[2J\\x0a\n\d\d:\d\d:\d\d warn {2}MWAF_SINK_TARGET Cannot write events to x: y\.\n$/,
  )
})
