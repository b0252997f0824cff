// Requests that are still arriving share one bound in bytes; what does not fit is shed, and everything comes back.
import t from 'tap'
import { SlabPool } from '#src/batch/slab.js'
import { createPieceScratch, RequestAssembly } from '#src/parser/request-assembly.js'
import { RequestReader } from '#src/parser/request-reader.js'
import { Staging } from '#src/parser/staging.js'
import { CollectingConsumer, createFacts, generousLimits, readChunks } from './support/reading.js'

const oneSlabBytes = 4096
const post = 'POST / HTTP/1.1\r\nContent-Length: 6000\r\n\r\n'

/** Readers of several connections over one staging. */
function shareStaging(limitBytes: number): { staging: Staging; open: () => [RequestReader, CollectingConsumer] } {
  const slabs = new SlabPool(0)
  const staging = new Staging(generousLimits, slabs, limitBytes)
  return {
    staging,
    open: () => {
      const consumer = new CollectingConsumer(slabs)
      return [new RequestReader(generousLimits, staging, consumer, createFacts()), consumer]
    },
  }
}

t.test('the limit counts slabs over all connections: the last that fits, the first that does not', async (t) => {
  const { staging, open } = shareStaging(2 * oneSlabBytes)
  const connections = [open(), open(), open()] as const
  for (const [reader] of connections) reader.consume(Buffer.from('GET / HT'))
  t.equal(staging.usedBytes, 2 * oneSlabBytes)
  for (const [reader] of connections) reader.consume(Buffer.from('TP/1.1\r\n\r\n'))
  t.match(
    connections.map(([, { items }]) => items),
    [[{ target: '/' }], [{ target: '/' }], ['shed']],
  )
  t.equal(staging.usedBytes, 0)
  for (const [reader] of connections) reader.consume(Buffer.from('GET /2 HT'))
  const [first] = connections
  first[0].consume(Buffer.from('TP/1.1\r\n\r\n'))
  t.match(first[1].items.at(-1), { target: '/2' }, 'what was shed before hinders nobody now')
  for (const [reader] of connections) reader.dispose()
  t.equal(staging.usedBytes, 0)
})

t.test('a body that outgrows the limit is shed, gives its bytes back at once, and is read to its end', async (t) => {
  const { staging, open } = shareStaging(2 * oneSlabBytes - 1)
  const [reader, consumer] = open()
  reader.consume(Buffer.from(post))
  reader.consume(Buffer.alloc(3000, 'b'))
  t.equal(staging.usedBytes, oneSlabBytes)
  reader.consume(Buffer.alloc(2000, 'b'))
  t.equal(staging.usedBytes, 0, 'shed while the body still arrives')
  t.same(consumer.items, [])
  t.equal(reader.consume(Buffer.from(`${'b'.repeat(1000)}GET /2 HTTP/1.1\r\n\r\n`)).kind, 'open')
  t.match(consumer.items, ['shed', { target: '/2' }])
})

t.test('a slab grows by doubling and keeps what it held', async (t) => {
  const body = Buffer.from(Array.from({ length: 6000 }, (_, index) => index % 251))
  const reading = readChunks([
    post,
    ...Array.from({ length: 60 }, (_, index) => body.subarray(index * 100, (index + 1) * 100)),
  ])
  t.match(reading.items, [{ body: body.toString('latin1') }])
})

t.test(
  'with no room at all every request in pieces is shed, whatever is wrong with it, and nothing is lent',
  async (t) => {
    const pieces: readonly (readonly string[])[] = [
      ['GET / HT', 'TP/1.1\r\n\r\n'],
      ['FOO / HT', 'TP/1.1\r\n\r\n'],
      ['FOO / HTTP/1.1\r\nContent-Length: 3\r\n', '\r\nabc'],
      ['POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n', 'abc'],
      ['POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', 'ZZ'],
      ['POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n', 'a'],
      ['GET / HT'],
      ['hello', '\r\n\r\n'],
      [`GET / HTTP/1.1\r\nA: ${' '.repeat(60_000)}`, ' '.repeat(60_000)],
    ]
    for (const chunks of pieces) {
      const reading = readChunks(chunks, {}, 0)
      t.same(reading.items, ['shed'], JSON.stringify(chunks).slice(0, 80))
      t.equal(reading.leakedBytes, 0)
    }
  },
)

t.test('a request that comes whole needs no staging', async (t) => {
  t.match(readChunks(['GET / HTTP/1.1\r\n\r\n'], {}, 0).items, [{ target: '/' }])
})

t.test('assemblies are lent again, clean', async (t) => {
  const staging = new Staging(generousLimits, new SlabPool(0), 1 << 20)
  const assembly = staging.takeAssembly()
  const fresh = snapshot(new RequestAssembly(generousLimits, createPieceScratch()))
  assembly.beginChunk(Buffer.from('abc'), 0)
  assembly.onMessageBegin()
  assembly.onTarget(0, 1)
  assembly.onHeaderName(1, 2)
  assembly.onHeaderValue(2, 3)
  assembly.onHeadComplete(true, false)
  assembly.onBody(0, 3)
  assembly.onHeaderName(0, 1)
  assembly.onHeaderValue(1, 2)
  staging.keepParsed(assembly, Buffer.from('abc'))
  assembly.onMessageComplete()
  staging.giveAssembly(assembly)
  t.ok(staging.takeAssembly() === assembly)
  t.same(snapshot(assembly), fresh, 'every field is as in a new one')
})

/** All public fields but the shared scratch; spans as far as they are in use. */
function snapshot(assembly: RequestAssembly): Record<string, unknown> {
  const { spans, pieces, ...rest } = assembly
  return { ...rest, spanCount: spans.length > 0, pieceScratch: pieces.length > 0 }
}
