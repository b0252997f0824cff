// The corpus that automata are warmed up with: repeatable, harmless, and none of what benches send.
import t from 'tap'
import { parseRulesetDocument, readRuleset } from '#src/engine/ruleset.js'
import { recordOf, textOf } from '#src/json-shape.js'
import { WarmUpCorpus } from '#src/prefilter/warm-up/warm-up-corpus.js'
import type { AddressSink, ValueVisitor } from '#src/request/value-visitor.js'
import { unlimited } from '../fuzz/unlimited.js'
import { prefilterOn } from './support/prefilter-on.js'

/** Takes down every value that is sent. */
class Recorder implements AddressSink, ValueVisitor {
  readonly isDone = false
  readonly values: string[] = []
  #isHeader = false

  address(name: string): ValueVisitor {
    this.#isHeader = name.includes('headers')
    return this
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.subarray(start, end)).toString()
    // Whole header values such as `gzip` are the same for everyone.
    if (!this.#isHeader) this.values.push(text)
  }

  openMap(): void {}
  closeMap(): void {}
  openList(): void {}
  closeList(): void {}
  key(): void {}
  number(): void {}
  boolean(): void {}
  nil(): void {}
}

function valuesOf(count: number): string[] {
  const recorder = new Recorder()
  const corpus = new WarmUpCorpus()
  for (let index = 0; index < count; index++) corpus.send(recorder)
  return recorder.values
}

t.test('the corpus is the same every time', async (t) => {
  t.strictSame(valuesOf(50), valuesOf(50))
})

t.test('it hardly repeats itself', async (t) => {
  const long = valuesOf(700).filter(({ length }) => length > 30)
  t.ok(long.length > 1000)
  t.ok(new Set(long).size > long.length * 0.95)
})

t.test('a warm prefilter needs few new states for more of the same', async (t) => {
  const { documents } = await readRuleset([])
  let looks = 0
  const prefilter = prefilterOn(documents.map(parseRulesetDocument), unlimited, () => looks++ / 1000)
  t.teardown(() => prefilter.dispose())
  const sent = prefilter.warmUp(60)
  t.ok(sent >= 500, `${sent} requests`)
  const before = prefilter.stats.transitions
  const corpus = new WarmUpCorpus()
  for (let index = 0; index < sent; index++) corpus.send({ address: () => new Recorder() })
  for (let index = 0; index < 100; index++) {
    prefilter.reset()
    corpus.send(prefilter.sink)
  }
  t.ok(
    prefilter.stats.transitions - before < 100 * 40,
    `${prefilter.stats.transitions - before} transitions for 100 requests`,
  )
})

t.test('warming up ends when its time is up, and leaves nothing of its requests behind', async (t) => {
  const { documents } = await readRuleset([])
  const prefilter = prefilterOn(documents.map(parseRulesetDocument))
  t.teardown(() => prefilter.dispose())
  t.equal(prefilter.warmUp(0), 0, 'the clock of this test stands still at the deadline')
  t.equal(prefilter.isCandidate, false)
  t.equal(prefilter.isPending, false)
})

/** Values of benign bench requests; their build is not a part of the tests', so it is looked up when they run. */
async function benchValues(): Promise<Set<string>> {
  const corpus: unknown = await import(new URL('../../bench/corpora/corpus.js', import.meta.url).href)
  const generate = recordOf({ ...recordOf(corpus) })['generateRequests']
  if (typeof generate !== 'function') throw new TypeError('the bench has no generateRequests')
  const values = new Set<string>()
  for (const request of generate('mix', 1, 600)) {
    const { target, body } = recordOf(request)
    for (const value of new URL(textOf(target), 'http://bench').searchParams.values()) values.add(value)
    for (const [text] of textOf(body).matchAll(/(?<=")[^"]+(?=")/g)) values.add(text)
  }
  return values
}

t.test('it shares no value with the benches, short ones aside', async (t) => {
  const theirs = await benchValues()
  t.ok(theirs.size > 1000)
  // What programs call fields, and numbers of few digits, are the same everywhere.
  t.strictSame(
    valuesOf(1500).filter((value) => value.length > 9 && theirs.has(value)),
    [],
  )
})
