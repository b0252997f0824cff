import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import t from 'tap'
import type { RequestParts } from '#src/batch/make-record.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { bodyOf, walk } from './support/walk.js'

const report = (parts: RequestParts, limit?: number) =>
  walk(parts, limit === undefined ? {} : { bodyInspectLimitBytes: limit }).body

t.test('a request without a body has no body address', async (t) => {
  t.equal(bodyOf('application/json', ''), undefined)
  t.strictSame(report({}), { type: null, inspectedBytes: 0, isTruncated: false, isTimedOut: false, fault: undefined })
  t.equal(report({ headers: [['content-type', 'text/plain']] }).type, 'text/plain')
})

t.test('the report names type, bytes and limits', async (t) => {
  const json: RequestParts = { headers: [['Content-Type', 'Application/JSON; charset=utf-8']], body: '{"a":1}' }
  t.strictSame(report(json), {
    type: 'application/json',
    inspectedBytes: 7,
    isTruncated: false,
    isTimedOut: false,
    fault: undefined,
  })
  t.equal(report(json, 7).isTruncated, false)
  t.strictSame(report(json, 6), {
    type: 'application/json',
    inspectedBytes: 6,
    isTruncated: true,
    isTimedOut: false,
    fault: 'json_cut',
  })
})

t.test('a decoded body over the limit is truncated', async (t) => {
  const gzip: RequestParts = { headers: [['content-encoding', 'gzip']], body: gzipSync(Buffer.alloc(5000, 'a b ')) }
  t.equal(report(gzip, 5000).isTruncated, false)
  t.equal(report(gzip, 4999).isTruncated, true)
})

t.test('the first Content-Type line counts, by its first parameters', async (t) => {
  const lines: RequestParts['headers'] = [
    ['content-type', 'text/xml;charset=utf-8;charset=klingon'],
    ['content-type', 'application/json'],
  ]
  const walked = report({ headers: lines, body: '<a/>' })
  t.equal(walked.type, 'text/xml')
  t.equal(walked.fault, undefined)
})

t.test('more than two encodings are not undone', async (t) => {
  const thrice = gzipSync(gzipSync(gzipSync('"plain text here"')))
  const headers: RequestParts['headers'] = [['content-encoding', 'gzip, gzip, gzip']]
  t.not(JSON.stringify(walk({ headers, body: thrice }).parts).includes('plain text here'), true)
  t.equal(
    JSON.stringify(
      walk({ headers: [['content-encoding', 'gzip, gzip']], body: gzipSync(gzipSync('plain text here')) }).parts,
    ).includes('plain text here'),
    true,
  )
})

t.test('content that reads as text is also walked as if it were not encoded', async (t) => {
  t.equal(bodyOf('text/plain', 'plain words', [['content-encoding', 'gzip']]), 'plain words')
  t.equal(bodyOf('text/plain', 'plain words', [['content-encoding', 'rot13']]), 'plain words')
})

t.test('a body over the budget says how far it got', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(4)
  const { body } = walk(
    { headers: [['content-type', 'application/json']], body: `[${'"abc",'.repeat(100_000)}1]` },
    {},
    budget,
  )
  t.equal(body.isTimedOut, true)
  t.ok(body.inspectedBytes > 0 && body.inspectedBytes < 100_000, `${body.inspectedBytes}`)
})

const encoded = (encoding: string, body: Buffer) => report({ headers: [['content-encoding', encoding]], body })
const secret = Buffer.from('{"q":"hidden from the rules"}')

/** A stream whose first 512 bytes read as text, because its header holds a long comment. */
function commentedGzip(content: Buffer): Buffer {
  const stream = gzipSync(content)
  const head = Buffer.from(stream.subarray(0, 10))
  head[3] = 0x10
  return Buffer.concat([head, Buffer.from(`${'comment '.repeat(100)}\0`), stream.subarray(10)])
}

t.test('a Content-Encoding line longer than what is read of it does not hide an encoding', async (t) => {
  const line = (length: number) => `identity${' '.repeat(length - 'identity,br'.length)},br`
  const body = brotliCompressSync(secret)
  t.equal(encoded(line(128), body).isTruncated, false)
  t.equal(encoded(line(128), body).fault, undefined)
  t.equal(encoded(line(129), body).isTruncated, true)
})

t.test('encodings beyond those that are undone are told of, however the outer one looks', async (t) => {
  const twice = brotliCompressSync(brotliCompressSync(secret))
  t.equal(encoded('br, gzip', commentedGzip(brotliCompressSync(secret))).isTruncated, false)
  t.equal(encoded('br, br, gzip', commentedGzip(twice)).isTruncated, true)
})

t.test('a gzip member behind zero bytes, which some readers skip, is told of', async (t) => {
  const padded = (first: Buffer, second: Buffer) => Buffer.concat([first, Buffer.alloc(3), second])
  t.equal(encoded('gzip', padded(gzipSync('{}'), gzipSync(secret))).isTruncated, true)
  t.equal(encoded('gzip', padded(commentedGzip(Buffer.from('{}')), gzipSync(secret))).isTruncated, true)
  t.equal(encoded('gzip', padded(gzipSync('{}'), Buffer.from('tail'))).isTruncated, false)
  t.equal(encoded('gzip', Buffer.concat([gzipSync('{}'), gzipSync(secret)])).isTruncated, false)
})

t.test('deflate that reads as zlib and as a raw stream is told of', async (t) => {
  // To zlib: header, stored block of 0xff63 bytes, cut. Raw: stored block of 0x9c bytes, then what is hidden.
  const stored = Buffer.alloc(0x9c, ' ')
  stored.writeUInt16BE(0x9c00)
  const both = Buffer.concat([Buffer.from('789c0063ff', 'hex'), stored, deflateRawSync(secret)])
  t.equal(encoded('deflate', both).isTruncated, true)
  t.equal(encoded('deflate', deflateRawSync(secret)).isTruncated, false)
})

t.test('noise in an unknown encoding is no text because it begins with a bracket', async (t) => {
  t.equal(encoded('snappy', Buffer.concat([Buffer.from('{'), Buffer.alloc(64, 0x90)])).isTruncated, true)
  t.equal(encoded('snappy', secret).isTruncated, false)
})

t.test('letters of an unknown charset are told of', async (t) => {
  const inCharset = (body: Buffer) => report({ headers: [['content-type', 'text/plain; charset=ibm037']], body })
  t.equal(inCharset(Buffer.from('PPPP4c', 'latin1')).isTruncated, false)
  t.equal(inCharset(Buffer.from('PPPP\x81', 'latin1')).isTruncated, true)
  t.equal(inCharset(Buffer.from('PPPP\x81', 'latin1')).fault, 'charset_unknown')
})
