// When a batch is sealed, which slab a request goes into, and what happens when the queue is full.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { BatchBench, requestsIn, usualSettings } from './support/batching.js'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\n\r\n`
const post = (bodyBytes: number): string =>
  `POST / HTTP/1.1\r\nContent-Length: ${bodyBytes}\r\n\r\n${'b'.repeat(bodyBytes)}`

t.test('by count, when a worker is idle: the last request that waits and the first that does not', async (t) => {
  const bench = new BatchBench({ batchLimitCount: 3 })
  bench.receiver.hasIdleWorker = true
  bench.feed(get('/1'), get('/2'))
  t.equal(bench.receiver.batches.length, 0)
  bench.feed(get('/3'))
  t.equal(bench.receiver.batches.length, 1)
  const [batch] = bench.receiver.batches
  t.match(batch && requestsIn(batch), [{ target: '/1' }, { target: '/2' }, { target: '/3' }])
})

t.test('while all workers are busy it grows past the count, and goes out when one becomes idle', async (t) => {
  const bench = new BatchBench({ batchLimitCount: 3 })
  bench.feed(...Array.from({ length: 10 }, (_, index) => get(`/${index}`)))
  t.equal(bench.receiver.batches.length, 0)
  bench.batcher.onWorkerIdle()
  t.match(bench.receiver.batches, [{ recordCount: 10 }])
})

t.test('a worker that becomes idle leaves a young, short batch open', async (t) => {
  const bench = new BatchBench({ batchLimitCount: 3 })
  bench.feed(get('/1'))
  bench.batcher.onWorkerIdle()
  t.equal(bench.receiver.batches.length, 0)
})

t.test('by age, when a worker is idle', async (t) => {
  const bench = new BatchBench({ batchAgeMs: 5 })
  bench.receiver.hasIdleWorker = true
  bench.feed(get('/1'))
  t.equal(bench.receiver.batches.length, 0)
  await sleep(30)
  t.match(bench.receiver.batches, [{ recordCount: 1 }])
})

t.test('by age, as soon as a worker is idle again', async (t) => {
  const bench = new BatchBench({ batchAgeMs: 5 })
  bench.feed(get('/1'))
  await sleep(30)
  t.equal(bench.receiver.batches.length, 0, 'all are busy: it may grow')
  bench.batcher.onWorkerIdle()
  t.equal(bench.receiver.batches.length, 1)
})

t.test('the age of one batch says nothing about the next', async (t) => {
  const bench = new BatchBench({ batchAgeMs: 20 })
  bench.feed(get('/1'))
  bench.batcher.seal()
  bench.feed(get('/2'))
  bench.batcher.onWorkerIdle()
  t.equal(bench.receiver.batches.length, 1, 'the second is young')
  await sleep(60)
  bench.batcher.onWorkerIdle()
  t.equal(bench.receiver.batches.length, 2)
})

t.test('by bytes, whoever is busy: a request that does not fit begins the next batch', async (t) => {
  const bench = new BatchBench({ batchLimitBytes: 4096 })
  bench.feed(...Array.from({ length: 40 }, (_, index) => get(`/${index}`)))
  t.ok(bench.receiver.batches.length > 0)
  for (const batch of bench.receiver.batches) t.ok(batch.usedBytes <= 4096 && batch.usedBytes > 3500)
  bench.batcher.seal()
  const targets = bench.receiver.batches.flatMap(requestsIn).map(({ target }) => target)
  t.same(
    targets,
    Array.from({ length: 40 }, (_, index) => `/${index}`),
    'none is missing, all in order',
  )
})

t.test('seal: an empty batcher hands over nothing, and a batch goes out once', async (t) => {
  const bench = new BatchBench()
  bench.batcher.seal()
  t.equal(bench.receiver.batches.length, 0)
  bench.feed(get('/1'))
  bench.batcher.seal()
  bench.batcher.seal()
  t.equal(bench.receiver.batches.length, 1)
})

t.test('a staged request of more than half a batch is a batch of its own, without a copy', async (t) => {
  const bench = new BatchBench({ batchLimitBytes: 8192 })
  const large = post(6000)
  bench.feed(get('/small'), large.slice(0, 100), large.slice(100))
  t.match(bench.receiver.batches, [{ recordCount: 1 }], 'the open batch stays open')
  const [batch] = bench.receiver.batches
  t.match(batch && requestsIn(batch), [{ body: 'b'.repeat(6000) }])
  t.equal(bench.slabs.keptBytes, 4096, 'only the slab that it grew out of came back')
  bench.feed(large.slice(0, 100), `${large.slice(100)}${get('/next')}`)
  bench.batcher.seal()
  t.match(bench.receiver.batches.at(-1)?.recordCount, 2, 'small ones share the open batch')
})

t.test('a staged request of up to half a batch shares it, and its slab comes back', async (t) => {
  const bench = new BatchBench({ batchLimitBytes: 16 * 1024 })
  const request = post(3000)
  bench.feed(get('/small'), request.slice(0, 100), request.slice(100))
  t.equal(bench.receiver.batches.length, 0)
  t.ok(bench.slabs.keptBytes >= 4096)
  bench.batcher.seal()
  const [batch] = bench.receiver.batches
  t.match(batch && requestsIn(batch), [{ target: '/small' }, { body: 'b'.repeat(3000) }])
})

t.test('a request of one chunk that is larger than a batch gets a larger slab', async (t) => {
  const bench = new BatchBench({ batchLimitBytes: 4096 })
  bench.feed(get('/small'), post(20_000), get('/after'))
  bench.batcher.seal()
  t.match(bench.receiver.batches, [{ recordCount: 1 }, { slab: { buffer: { byteLength: 32_768 } } }])
  t.match(bench.receiver.batches.flatMap(requestsIn), [
    { target: '/small' },
    { bodySeenBytes: 20_000 },
    { target: '/after' },
  ])
})

t.test('a staged slab without room for peer and spans grows for them', async (t) => {
  for (let bodyBytes = 3700; bodyBytes <= 4050; bodyBytes += 10) {
    const bench = new BatchBench({ batchLimitBytes: 4096 })
    const request = post(bodyBytes)
    bench.feed(request.slice(0, 50), request.slice(50))
    const [batch] = bench.receiver.batches
    const [read] = batch === undefined ? [] : requestsIn(batch)
    if (read?.body === 'b'.repeat(bodyBytes) && read.headers.length === 1) continue
    t.match(read, { body: 'b'.repeat(bodyBytes) }, `${bodyBytes} bytes`)
  }
  t.pass('all sizes around the end of a page')
})

t.test('queue-limit: the last batch that fits and the first that does not', async (t) => {
  const slabBytes = usualSettings.batchLimitBytes
  const bench = new BatchBench({ queueLimitBytes: 2 * slabBytes })
  bench.receiver.queuedBytes = slabBytes
  bench.feed(get('/fits'))
  t.equal(bench.batcher.waitingBytes, 2 * slabBytes)
  bench.receiver.queuedBytes = slabBytes + 1
  bench.feed(get('/shares'))
  bench.batcher.seal()
  bench.receiver.queuedBytes = slabBytes + 1
  bench.feed(get('/shed'))
  t.same(bench.accepted, [true, true, false])
  bench.receiver.queuedBytes = 0
  bench.feed(get('/again'))
  t.equal(bench.accepted.at(-1), true)
})

t.test('queue-limit: a large body that does not fit is shed, and its slab comes back', async (t) => {
  const request = post(12_000)
  const feed = (bench: BatchBench): void => bench.feed(request.slice(0, 50), request.slice(50))
  const fitting = new BatchBench({ queueLimitBytes: 16_384 })
  feed(fitting)
  t.same(fitting.accepted, [true])
  const full = new BatchBench({ queueLimitBytes: 16_383 })
  feed(full)
  t.same(full.accepted, [false])
  t.equal(full.slabs.keptBytes, 4096 + 16_384, 'both slabs it was staged in')
  t.equal(full.staging.usedBytes, 0)
})

t.test('a slab that comes back is used again, and shows nothing of what it held', async (t) => {
  const bench = new BatchBench()
  bench.feed(`POST /first HTTP/1.1\r\nA: a\r\nB: b\r\nContent-Length: 5\r\n\r\nhello`)
  bench.batcher.seal()
  const [first] = bench.receiver.batches
  if (first === undefined) throw new Error('no batch')
  first.slab.bytes.fill(0xff)
  bench.slabs.give(first.slab)
  bench.feed(get('/second'))
  bench.batcher.seal()
  const second = bench.receiver.batches[1]
  t.ok(second?.slab === first.slab)
  t.match(second && requestsIn(second), [{ target: '/second', headers: [], trailers: [], body: '', flags: 0 }])
})
