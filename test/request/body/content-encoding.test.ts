import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { type ContentEncoding, contentEncodingOf, decodeContent } from '#src/request/body/content-encoding.js'
import { DecodeBudget } from '#src/request/decode-budget.js'

const limitBytes = 1024 * 1024
const encoders: [string, ContentEncoding, (data: Buffer) => Buffer][] = [
  ['gzip', 'gzip', (data) => gzipSync(data)],
  ['zlib', 'deflate', (data) => deflateSync(data)],
  ['raw deflate', 'deflate', (data) => deflateRawSync(data)],
  ['br', 'br', (data) => brotliCompressSync(data)],
  ['zstd', 'zstd', (data) => zstdCompressSync(data)],
]
/** Text that compresses little, so that a stream has many bytes to be cut or damaged. */
const noise = Buffer.alloc(60_000)
for (let index = 0, state = 4; index < noise.length; index++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
  noise[index] = 0x21 + ((state >>> 16) % 90)
}
const decode = (input: Buffer, encoding: ContentEncoding, limit = limitBytes) =>
  decodeContent(input, encoding, limit, new DecodeBudget())

for (const [name, encoding, encode] of encoders) {
  t.test(`${name} decodes whole, also from shared memory`, async (t) => {
    const encoded = encode(noise)
    const shared = Buffer.from(new SharedArrayBuffer(encoded.length))
    encoded.copy(shared)
    for (const input of [encoded, shared]) {
      const content = decode(input, encoding)
      t.equal(content.fault, undefined)
      t.ok(content.bytes.equals(noise))
    }
  })

  t.test(`${name} cut short decodes as far as it goes`, async (t) => {
    const encoded = encode(noise)
    for (const share of [0.3, 0.7, 0.99]) {
      const content = decode(encoded.subarray(0, Math.floor(encoded.length * share)), encoding)
      t.equal(content.fault, undefined)
      t.ok(noise.subarray(0, content.bytes.length).equals(content.bytes), 'a prefix')
    }
  })

  t.test(`${name} keeps the last size below the limit and cuts the first above it`, async (t) => {
    const encoded = encode(noise)
    t.equal(decode(encoded, encoding, noise.length).fault, undefined)
    const content = decode(encoded, encoding, noise.length - 1)
    t.equal(content.fault, 'too-large')
    t.ok(content.bytes.length < noise.length)
    t.ok(noise.subarray(0, content.bytes.length).equals(content.bytes))
  })

  t.test(`${name} bombs are bounded`, async (t) => {
    const content = decode(encode(Buffer.alloc(64 * 1024 * 1024)), encoding)
    t.equal(content.fault, 'too-large')
    t.ok(content.bytes.length <= limitBytes)
  })

  t.test(`what is no ${name} gives nothing, or says that it is corrupt`, async (t) => {
    const content = decode(Buffer.from('{"a":"plain text"}'), encoding)
    t.ok(content.bytes.length === 0 || content.fault === 'corrupt' || content.bytes.length < 100)
  })
}

for (const [name, encoding, encode] of encoders.slice(0, 3)) {
  t.test(`a damaged ${name} stream decodes up to the damage`, async (t) => {
    const encoded = Buffer.from(encode(noise))
    encoded.fill(0xff, encoded.length >> 1, (encoded.length >> 1) + 40)
    const content = decode(encoded, encoding)
    t.equal(content.fault, 'corrupt')
    t.ok(content.bytes.length > noise.length * 0.4, `${content.bytes.length} bytes`)
    t.ok(
      noise
        .subarray(0, Math.floor(noise.length * 0.4))
        .equals(content.bytes.subarray(0, Math.floor(noise.length * 0.4))),
    )
  })
}

t.test('junk behind a gzip stream hides nothing of it', async (t) => {
  const content = decode(Buffer.concat([gzipSync(noise), Buffer.from('junk')]), 'gzip')
  t.equal(content.fault, 'corrupt')
  t.ok(content.bytes.equals(noise))
})

t.test('a wrong checksum hides nothing', async (t) => {
  const encoded = gzipSync(noise)
  encoded.writeUInt32LE(0, encoded.length - 8)
  t.ok(decode(encoded, 'gzip').bytes.equals(noise))
})

t.test('a spent budget ends the search', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(2)
  const content = decodeContent(gzipSync(noise), 'gzip', limitBytes, budget)
  t.equal(content.fault, 'timed-out')
})

t.test('time left bounds the output of one call', async (t) => {
  const budget = new DecodeBudget(() => 0)
  budget.start(1)
  const content = decodeContent(brotliCompressSync(Buffer.alloc(8 * 1024 * 1024)), 'br', 16 * 1024 * 1024, budget)
  t.ok(content.bytes.length <= 256 * 1024)
  t.equal(content.fault, 'timed-out')
})

t.test('tokens are known in any letter case', async (t) => {
  t.equal(contentEncodingOf(' GZip '), 'gzip')
  t.equal(contentEncodingOf('x-gzip'), 'gzip')
  t.equal(contentEncodingOf('identity'), 'identity')
  t.equal(contentEncodingOf(''), 'identity')
  for (const name of ['deflate', 'br', 'zstd']) t.equal(contentEncodingOf(name), name)
  t.equal(contentEncodingOf('compress'), undefined)
})
