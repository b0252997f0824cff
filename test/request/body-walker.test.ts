import { gzipSync } from 'node:zlib'
import t from 'tap'
import { DecodeBudget } from '#src/request/decode-budget.js'
import type { RequestParts } from './support/make-record.js'
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
