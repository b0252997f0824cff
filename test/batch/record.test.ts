// What is written into a record is what a worker reads out of it.
import t from 'tap'
import {
  align8,
  bytesPerSpan,
  fixedBytes,
  fixedWords,
  parseErrors,
  stateUntouched,
  Word,
  wordsPerSpan,
} from '#src/batch/record-layout.js'
import { RecordReader } from '#src/batch/record-reader.js'
import { methodNames } from '#src/parser/methods.js'
import { Random } from '../fuzz/random.js'
import { createFacts, type ReadRequest } from '../parser/support/reading.js'
import { BatchBench, recordOffsets, requestsIn } from './support/batching.js'

t.test('the words of a record do not overlap, and doubles stand at even ones', async (t) => {
  const doubles: readonly number[] = [Word.bodySeen, Word.receivedAtMs]
  const taken = Object.values(Word).flatMap((word) => (doubles.includes(word) ? [word, word + 1] : [word]))
  t.equal(new Set(taken).size, taken.length)
  t.ok(Math.max(...taken) < fixedWords)
  t.same(
    doubles.filter((word) => word % 2 !== 0),
    [],
  )
})

t.test('a record begins at a multiple of 8', async (t) => {
  t.same([0, 1, 7, 8, 9].map(align8), [0, 8, 8, 8, 16])
  t.equal(fixedBytes % 8, 0)
  t.equal(wordsPerSpan * 4, bytesPerSpan)
})

t.test('2,000 random requests in shared slabs come out as they went in', async (t) => {
  const random = new Random(8)
  const bench = new BatchBench({ batchLimitBytes: 64 * 1024, queueLimitBytes: Number.MAX_SAFE_INTEGER })
  const sent = Array.from({ length: 2000 }, () => randomRequest(random))
  for (const { text } of sent) {
    const cut = random.below(text.length)
    if (random.chance(0.5)) bench.feed(text)
    else bench.feed(text.slice(0, cut), text.slice(cut))
  }
  bench.batcher.seal()
  const read = bench.receiver.batches.flatMap(requestsIn)
  t.equal(read.length, sent.length)
  t.ok(bench.receiver.batches.length > 5 && bench.receiver.batches.length < 200, 'many share a slab')
  const different = sent.findIndex(({ expected }, index) => JSON.stringify(read[index]) !== JSON.stringify(expected))
  if (different >= 0) t.same(read[different], sent[different]?.expected, `request ${different}`)
  for (const batch of bench.receiver.batches) t.ok(recordOffsets(batch).every((offset) => offset % 8 === 0))
})

t.test('peer, port, time and state are written with every record', async (t) => {
  const facts = createFacts()
  const bench = new BatchBench({}, facts)
  bench.feed('GET /1 HTTP/1.1\r\n\r\n')
  facts.peer = Buffer.from('2001:db8::1')
  facts.peerPort = 65_535
  facts.receivedAtMs = 1_800_000_000_000.25
  bench.feed('GET /2 HTTP/1.1\r\n\r\n')
  facts.peer = Buffer.alloc(0)
  bench.feed('GET /3 HTTP/1.1\r\n\r\n')
  bench.batcher.seal()
  const [batch] = bench.receiver.batches
  if (batch === undefined) throw new Error('no batch')
  const record = new RecordReader()
  record.bind(batch.slab.buffer)
  const found = recordOffsets(batch).map((offset) => {
    record.open(offset)
    return [record.peer, record.word(Word.peerPort), record.double(Word.receivedAtMs), record.word(Word.state)]
  })
  t.same(found, [
    ['192.0.2.7', 4711, 1_700_000_000_000, stateUntouched],
    ['2001:db8::1', 65_535, 1_800_000_000_000.25, stateUntouched],
    ['', 65_535, 1_800_000_000_000.25, stateUntouched],
  ])
})

t.test('every parse error has its number, and 0 is none', async (t) => {
  t.equal(parseErrors.indexOf('none'), 0)
  t.equal(new Set(parseErrors).size, parseErrors.length)
})

/** A well-formed request and what must be read of it. */
function randomRequest(random: Random): { text: string; expected: ReadRequest } {
  const method = methodNames[random.below(methodNames.length)] ?? ''
  const isHttp = !['CONNECT', 'PRI', 'SOURCE'].includes(method) && !rtspOnly.has(method)
  const name = isHttp ? method : 'POST'
  const target = `/${randomToken(random)}?${randomToken(random)}`
  const headers = randomPairs(random, 40)
  const hasBody = random.chance(0.5)
  const isChunked = hasBody && random.chance(0.5)
  const body = hasBody ? randomToken(random).repeat(1 + random.below(50)) : ''
  const trailers = isChunked && random.chance(0.5) ? randomPairs(random, 5) : []
  const framing: [string, string][] = isChunked
    ? [['Transfer-Encoding', 'chunked']]
    : hasBody
      ? [['Content-Length', String(body.length)]]
      : []
  const all = [...headers, ...framing]
  const head = `${name} ${target} HTTP/1.1\r\n${writePairs(all)}\r\n`
  const cut = random.below(body.length)
  const pieces = [body.slice(0, cut), body.slice(cut)].filter((piece) => piece !== '')
  const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')
  const text = isChunked ? `${head}${chunks}0\r\n${writePairs(trailers)}\r\n` : head + body
  const seen = { bodySeenBytes: body.length, flags: 0, parseError: 'none' } as const
  return { text, expected: { method: name, target, httpVersion: 11, headers: all, trailers, body, ...seen } }
}

/** llhttp takes these methods for RTSP requests alone. */
const rtspOnly: ReadonlySet<string> = new Set([
  'DESCRIBE',
  'ANNOUNCE',
  'SETUP',
  'PLAY',
  'PAUSE',
  'TEARDOWN',
  'GET_PARAMETER',
  'SET_PARAMETER',
  'REDIRECT',
  'RECORD',
  'FLUSH',
])

function randomPairs(random: Random, countLimit: number): [string, string][] {
  return Array.from({ length: random.below(countLimit) }, () => [
    `X-${randomToken(random)}`,
    random.chance(0.1) ? '' : `${randomToken(random)}\xe9`,
  ])
}

function writePairs(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('')
}

function randomToken(random: Random): string {
  return random
    .next()
    .toString(36)
    .slice(2, 3 + random.below(12))
}
