// What decoding costs per body type and size, alone: as the prefilter pays it (a visitor that looks at nothing) and as the
// engine pays it (parts are built, not run). One JSON line per measurement; µs per KB must not grow with the size.
// Run: node build/bench/scenarios/decode.bench.js [MILLISECONDS_PER_MEASUREMENT]
import { gzipSync } from 'node:zlib'
import { fixedBytes, Word } from '#src/batch/record-layout.js'
import { RecordReader } from '#src/batch/record-reader.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { EngineInputBuilder } from '#src/request/engine-input.js'
import { RequestWalker } from '#src/request/request-walker.js'
import type { AddressSink, ValueVisitor } from '#src/request/value-visitor.js'
import { benchWalkSettings } from './bench-walk-settings.js'

const measureMs = Number(process.argv[2] ?? 200)
const sizesKb = [1, 4, 16, 64, 256, 1024]

/** Costs nothing itself. */
class BlindVisitor implements AddressSink, ValueVisitor {
  readonly isDone = false
  bytesSeen = 0
  address(): ValueVisitor {
    return this
  }
  openMap(): void {}
  closeMap(): void {}
  openList(): void {}
  closeList(): void {}
  key(_bytes: Uint8Array, start: number, end: number): void {
    this.bytesSeen += end - start
  }
  string(_bytes: Uint8Array, start: number, end: number): void {
    this.bytesSeen += end - start
  }
  number(): void {}
  boolean(): void {}
  nil(): void {}
}

const text = 'The quick brown fox jumps over the lazy dog, and 42 others. '
const json = '{"id":12345,"name":"Ada Lovelace","tags":["a","bc","def"],"active":true,"note":"a \\"quoted\\" line\\n"},'
const form = 'first_name=Ada&last_name=Lovelace&note=a+line+with+%C3%A9scapes&tags%5B%5D=x&'
const field = '--b\r\nContent-Disposition: form-data; name="field"\r\n\r\nsome value of a field\r\n'
const file = '--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
const xml = '<item id="42" kind="book"><title>Some &amp; other</title><price>12.5</price></item>'

const bodies: Record<string, { type: string; encoding?: string; make: (bytes: number) => Buffer }> = {
  json: { type: 'application/json', make: (bytes) => wrap('[', json, '0]', bytes) },
  'json, one string': { type: 'application/json', make: (bytes) => wrap('"', text, '"', bytes) },
  'json, one escaped string': { type: 'application/json', make: (bytes) => wrap('"', '\\u0041bc\\n', '"', bytes) },
  'json, deep': { type: 'application/json', make: (bytes) => wrap('', '[', '', bytes) },
  'json, malformed': { type: 'application/json', make: (bytes) => wrap('{a', json, '', bytes) },
  form: { type: 'application/x-www-form-urlencoded', make: (bytes) => wrap('', form, '', bytes) },
  'multipart fields': { type: 'multipart/form-data; boundary=b', make: (bytes) => wrap('', field, '--b--', bytes) },
  'multipart file': { type: 'multipart/form-data; boundary=b', make: (bytes) => wrap(file, text, '\r\n--b--', bytes) },
  xml: { type: 'application/xml', make: (bytes) => wrap('<r>', xml, '</r>', bytes) },
  text: { type: 'text/plain', make: (bytes) => wrap('', text, '', bytes) },
  'text, not UTF-8': { type: 'text/plain', make: (bytes) => wrap('', `${text}\u00e9`, '', bytes, 'latin1') },
  'text, UTF-16': { type: 'text/plain; charset=utf-16le', make: (bytes) => wrap('\ufeff', text, '', bytes, 'utf16le') },
  binary: { type: 'application/octet-stream', make: noise },
  'json, gzip': { type: 'application/json', encoding: 'gzip', make: (bytes) => gzipSync(wrap('[', json, '0]', bytes)) },
}

function wrap(head: string, unit: string, tail: string, byteCount: number, encoding: BufferEncoding = 'utf8'): Buffer {
  return Buffer.from(head + unit.repeat(Math.ceil(byteCount / Buffer.byteLength(unit, encoding))) + tail, encoding)
}

function noise(byteCount: number): Buffer {
  const bytes = Buffer.alloc(byteCount)
  for (let index = 0, state = 4; index < byteCount; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[index] = state >>> 16
  }
  return bytes
}

/** A record as the listener writes it. */
function makeRecord(target: string, headers: [string, string][], body: Buffer): RecordReader {
  const pieces = [
    Buffer.from(target),
    ...headers.flat().map((piece) => Buffer.from(piece)),
    body,
    Buffer.from('10.1.2.3'),
  ]
  const ends: number[] = []
  let position = fixedBytes
  for (const piece of pieces) {
    position += piece.length
    ends.push(position)
  }
  const spansStart = (position + 7) & ~7
  const slab = new SharedArrayBuffer(spansStart + headers.length * 16 + 8)
  const bytes = Buffer.from(slab)
  Buffer.concat(pieces).copy(bytes, fixedBytes)
  const words = new Int32Array(slab)
  const start = (index: number) => (index === 0 ? fixedBytes : (ends[index - 1] ?? 0))
  const span = (index: number) => [start(index), ends[index] ?? 0]
  words.set(
    headers.flatMap((_, index) => [...span(1 + 2 * index), ...span(2 + 2 * index)]),
    spansStart >> 2,
  )
  const afterHeaders = 1 + 2 * headers.length
  const set = (first: number, values: number[]) => words.set(values, first)
  set(Word.byteLength, [slab.byteLength])
  set(Word.methodId, [3])
  set(Word.targetStart, span(0))
  set(Word.headerCount, [headers.length, 0, spansStart])
  set(Word.bodyStart, span(afterHeaders))
  set(Word.peerStart, span(afterHeaders + 1))
  const record = new RecordReader()
  record.bind(slab)
  record.open(0)
  return record
}

const walker = new RequestWalker(benchWalkSettings, new DecodeBudget())
const blind = new BlindVisitor()
const builder = new EngineInputBuilder()

/** Best of several rounds: the machine is shared, and the best round is the one that was disturbed least. */
function measureUs(run: () => void): number {
  let bestUs = Number.POSITIVE_INFINITY
  const warmUntil = performance.now() + measureMs
  while (performance.now() < warmUntil) run()
  const endsAt = performance.now() + measureMs
  for (let round = 0; round < 5 || performance.now() < endsAt; round++) {
    const startedAt = performance.now()
    let runCount = 0
    while (performance.now() - startedAt < measureMs / 20) {
      run()
      runCount++
    }
    bestUs = Math.min(bestUs, ((performance.now() - startedAt) * 1000) / runCount)
    if (round > 200) break
  }
  return bestUs
}

function report(name: string, kb: number, blindUs: number, buildUs: number): void {
  const round = (value: number) => Math.round(value * 100) / 100
  const line = {
    bench: 'decode',
    name,
    kb: round(kb),
    blindUs: round(blindUs),
    buildUs: round(buildUs),
    blindUsPerKb: round(blindUs / kb),
    buildUsPerKb: round(buildUs / kb),
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const browserHead: [string, string][] = [
  ['host', 'shop.example.com'],
  [
    'user-agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  ],
  ['accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['accept-encoding', 'gzip, deflate, br, zstd'],
  ['accept-language', 'en-GB,en;q=0.9,de;q=0.8'],
  ['cookie', 'session=6f1ed002ab5595859014ebf0951522d9; theme=dark; _ga=GA1.2.1234567890.1712345678'],
  ['referer', 'https://shop.example.com/products?page=2'],
  ['x-forwarded-for', '203.0.113.7'],
  ['x-forwarded-proto', 'https'],
  ['x-request-id', '7b0c1f3e-9a5d-4a55-9a4e-3b3f1f5f8e21'],
  ['x-envoy-internal', 'true'],
  ['cache-control', 'no-cache'],
]

function measureHead(name: string, record: RecordReader): void {
  const blindUs = measureUs(() => walker.walkHead(record, blind))
  const buildUs = measureUs(() => {
    builder.reset(() => true)
    walker.walkHead(record, builder)
    builder.flush()
  })
  report(name, record.byteLength / 1024, blindUs, buildUs)
}

measureHead('head', makeRecord('/products/42?page=2&sort=price%20asc&q=red+shoes', browserHead, Buffer.alloc(0)))
for (const [name, { type, encoding, make }] of Object.entries(bodies)) {
  for (const sizeKb of sizesKb) {
    const headers: [string, string][] = [['content-type', type]]
    if (encoding !== undefined) headers.push(['content-encoding', encoding])
    const record = makeRecord('/', headers, make(sizeKb * 1024))
    const blindUs = measureUs(() => walker.walkBody(record, blind))
    const buildUs = measureUs(() => {
      builder.reset(() => true)
      walker.walkBody(record, builder)
      builder.flush()
    })
    report(name, sizeKb, blindUs, buildUs)
  }
}
