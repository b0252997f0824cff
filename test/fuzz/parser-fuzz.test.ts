// A short, fixed run of the parser fuzzer; the long runs are started by hand (see parser-fuzz.ts).
import t from 'tap'
import { fuzzParser } from './parser-fuzz.js'
import { Random } from './random.js'
import { randomStream } from './support/random-requests.js'

t.test('1,500 random streams read alike however they are cut', async (t) => {
  const { failure, readingCount } = fuzzParser(26, (streamCount) => streamCount === 1500)
  t.equal(failure, undefined)
  t.equal(readingCount, 4500)
})

t.test('a seed repeats its streams, another seed has others', async (t) => {
  t.equal(randomStream(new Random(7)), randomStream(new Random(7)))
  t.not(randomStream(new Random(7)), randomStream(new Random(8)))
})
