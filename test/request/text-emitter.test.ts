import fc from 'fast-check'
import t from 'tap'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { maxTextBytes, TextEmitter, windowOverlapBytes } from '#src/request/text-emitter.js'
import { createCollector } from './support/collector.js'

const emitter = new TextEmitter(new DecodeBudget())

function sendValue(bytes: Uint8Array) {
  const visitor = createCollector()
  emitter.value(visitor, bytes, 0, bytes.length, false)
  return visitor
}

t.test('a text of the last accepted length is one string, one byte more makes windows', async (t) => {
  t.match(sendValue(Buffer.alloc(maxTextBytes, 'a')), { shape: '', strings: { length: 1 } })
  t.match(sendValue(Buffer.alloc(maxTextBytes + 1, 'a')), { shape: '[]', strings: { length: 2 } })
})

t.test('windows join to the text and overlap by the promised length', async () => {
  const text = fc.array(fc.constantFrom('a', 'é', '…', '😀', 'xyz'), { minLength: 3000, maxLength: 9000, size: 'max' })
  fc.assert(
    fc.property(text, (pieces) => {
      const whole = pieces.join('')
      const windows = sendValue(Buffer.from(whole)).strings.map((window) => Buffer.from(window))
      let joined = windows[0] ?? Buffer.alloc(0)
      for (const window of windows.slice(1)) {
        const overlap = overlapOf(joined, window)
        if (overlap < windowOverlapBytes) return false
        joined = Buffer.concat([joined, window.subarray(overlap)])
      }
      return joined.toString() === whole
    }),
    { numRuns: 30, seed: 4 },
  )
})

t.test('any stretch up to the overlap lies whole in one window', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 20000 }, (_, index) => 0x21 + ((index * 7 + (index >> 6)) % 90)))
  const { strings } = sendValue(bytes)
  for (let start = 0; start + windowOverlapBytes <= bytes.length; start += 97) {
    const stretch = bytes.toString('latin1', start, start + windowOverlapBytes)
    if (!strings.some((window) => window.includes(stretch))) t.fail(`stretch at ${start} is in no window`)
  }
})

t.test('what is not UTF-8 goes out in two readings', async (t) => {
  const read = (hex: string) => sendValue(Buffer.from(hex, 'hex')).strings
  t.strictSame(read('61ff62'), ['a\ufffdb', 'aÿb'])
  t.strictSame(read('31a06f72a031'), ['1\ufffdor\ufffd1', '1 or 1'], '0xA0 is white space to SQL engines')
  t.strictSame(read('c0bc'), ['\ufffd\ufffd', '<'], 'over-long in two bytes')
  t.strictSame(read('e080bc'), ['\ufffd\ufffd\ufffd', '<'], 'over-long in three')
  t.strictSame(read('f08080bc'), ['\ufffd\ufffd\ufffd\ufffd', '<'], 'over-long in four')
  t.strictSame(read('c0'), ['\ufffd', 'À'], 'a lead byte at the end')
  t.strictSame(read('e2803c'), ['\ufffd<', 'â\u0080<'], 'a cut sequence swallows nothing')
  t.strictSame(read('c3a9ff'), ['é\ufffd', 'éÿ'], 'what is valid stays')
  t.strictSame(read('c3a9'), ['é'], 'valid UTF-8 has one reading')
})

t.test('both readings keep the limit and lose no valid character', async (t) => {
  const bytes = Buffer.concat(Array.from({ length: 4000 }, (_, index) => Buffer.from([0xff, 0x61 + (index % 26)])))
  const { strings, shape } = sendValue(bytes)
  t.equal(shape, '[]')
  t.ok(strings.length > 4)
  t.equal(strings.join('').includes('\ufffda\ufffdb\ufffdc'), true)
  t.equal(strings.join('').includes('ÿaÿbÿc'), true)
})

t.test('pieces of a key beyond the limit are keys without a value', async (t) => {
  const visitor = createCollector()
  emitter.key(visitor, Buffer.alloc(9000, 'k'), 0, 9000, true)
  t.strictSame(
    visitor.keys.map((key) => key.length),
    [4096, 2856, 4096],
  )
  t.strictSame(visitor.strings, [])
})

t.test('a key that is not UTF-8 keeps its replacement reading, the other is an extra key', async (t) => {
  const visitor = createCollector()
  emitter.key(visitor, Buffer.from([0xc0, 0xbc]), 0, 2, false)
  t.strictSame(visitor.keys, ['<', '\ufffd\ufffd'])
})

t.test('a visitor that is done and a spent budget stop the windows', async (t) => {
  const visitor = createCollector(2)
  emitter.append(visitor, Buffer.alloc(100_000, 'a'), 0, 100_000, true)
  t.equal(visitor.strings.length, 2)
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(3)
  const late = createCollector()
  new TextEmitter(budget).append(late, Buffer.alloc(1_000_000, 'a'), 0, 1_000_000, true)
  t.ok(late.strings.length < 12, `${late.strings.length} windows`)
})

function overlapOf(left: Buffer, right: Buffer): number {
  for (let length = Math.min(right.length, 2 * windowOverlapBytes); length > 0; length--) {
    if (left.subarray(left.length - length).equals(right.subarray(0, length))) return length
  }
  return 0
}
