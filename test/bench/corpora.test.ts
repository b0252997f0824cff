// The corpora are what the figures stand on: the same on every machine, benign where they say so, attacks where they say so.
import t from 'tap'
import { encodeRequest, padRequest } from '#bench/corpora/bench-request.js'
import { type CorpusName, corpusNames, generateRequests, requestBytesOf } from '#bench/corpora/corpus.js'
import { SeededRandom } from '#bench/corpora/random.js'
import { BenchError } from '#bench/errors.js'
import { createInspector } from '#src/commands/scan/create-inspector.js'
import { completeOptions } from '#src/options/resolve.js'
import { serveTable } from '#src/options/serve-table.js'
import { readSourceFiles } from '../source/support/source-files.js'

const smallCorpora = corpusNames.filter((name) => requestBytesOf(name) < 100_000)
// As much time as a busy machine may need: this is about verdicts.
const inspector = await createInspector(completeOptions(serveTable, { wafTimeoutUs: 10_000_000 }))
t.teardown(() => inspector.dispose())

function bytesOf(name: CorpusName, seed: number, count: number): string {
  return Buffer.concat([...generateRequests(name, seed, count)].map(encodeRequest)).toString('latin1')
}

/** What the receiver's own path says of each request of a corpus. */
function outcomesOf(name: CorpusName, seed: number, count: number): string[] {
  return [...generateRequests(name, seed, count)].flatMap((request) =>
    inspector.inspect(encodeRequest(request), '198.51.100.7').map(({ outcome }) => outcome),
  )
}

t.test('the same seed gives the same bytes, another seed others', async (t) => {
  for (const name of smallCorpora) {
    t.equal(bytesOf(name, 1, 50), bytesOf(name, 1, 50), name)
    t.not(bytesOf(name, 1, 50), bytesOf(name, 2, 50), name)
  }
})

t.test('the first bytes of the generator are pinned: figures of two versions are of the same requests', async (t) => {
  const random = new SeededRandom(1)
  t.strictSame([random.integer(0, 999), random.hex(6), random.token(4)], [367, '1db288', 'z4om'])
})

t.test('all requests of a corpus have the same size', async (t) => {
  for (const name of corpusNames) {
    const count = requestBytesOf(name) < 100_000 ? 200 : 1
    const sizes = new Set([...generateRequests(name, 3, count)].map((request) => encodeRequest(request).length))
    t.strictSame([...sizes], [requestBytesOf(name)], name)
  }
})

t.test('bodies have the size of their name, and are JSON', async (t) => {
  const sizes = {
    'body-0': 0,
    'body-1k': 1_000,
    'body-16k': 16_000,
    'body-256k': 256_000,
    'body-1m': 1e6,
    'body-10m': 1e7,
  }
  for (const name of corpusNames.filter((each) => each.startsWith('body-'))) {
    for (const { body } of generateRequests(name, 4, 1)) {
      t.equal(body.length, Reflect.get(sizes, name), name)
      if (body !== '') t.doesNotThrow(() => JSON.parse(body), name)
    }
  }
})

t.test('benign requests match nothing', async (t) => {
  for (const name of smallCorpora.filter((each) => !each.startsWith('attacks'))) {
    const outcomes = outcomesOf(name, 20_260_801, name === 'body-16k' ? 10 : 400)
    t.strictSame([...new Set(outcomes)], ['clean'], name)
  }
})

t.test('every attack matches', async (t) => {
  t.strictSame([...new Set(outcomesOf('attacks', 20_260_801, 600))], ['matched'])
})

t.test('one request in a hundred is an attack, and says so', async (t) => {
  const requests = [...generateRequests('attacks-1pct', 9, 1000)]
  t.equal(requests.filter(({ isAttack }) => isAttack).length, 10)
  const outcomes = outcomesOf('attacks-1pct', 9, 1000)
  t.strictSame(
    outcomes.map((outcome) => outcome === 'matched'),
    requests.map(({ isAttack }) => isAttack),
  )
})

t.test('page views have 13 headers', async (t) => {
  for (const { headers } of generateRequests('get', 5, 20)) t.equal(headers.length, 13)
})

t.test('a request fills its size to the byte; one byte less is refused', async (t) => {
  const [request] = generateRequests('get', 6, 1)
  t.ok(request)
  if (request === undefined) return
  const natural = encodeRequest(request).length + '; sid='.length
  const random = new SeededRandom(1)
  t.equal(encodeRequest(padRequest(request, natural, random)).length, natural)
  const refusal = new BenchError('MWAF_BENCH_CORPUS_SIZE', { actual: natural, wanted: natural - 1 })
  t.throws(() => padRequest(request, natural - 1, random), refusal)
})

t.test('the receiver is not built on these requests: nothing of their vocabulary is in its source', async (t) => {
  const telling = ['shop.example', 'mail.example', 'trowel', 'woollen', 'giftWrap', 'newsletter']
  const found = readSourceFiles('src').filter(({ text }) => telling.some((word) => text.includes(word)))
  t.strictSame(
    found.map(({ path }) => path),
    [],
  )
})
