import { build } from 'hdr-histogram-js'
import t from 'tap'
import { allocateHistogram, LatencyHistogram } from '#src/observe/latency-histogram.js'

/** Small fixed generator, so that every run sees the same values. */
function randomSource(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function newHistogram(): LatencyHistogram {
  return new LatencyHistogram(allocateHistogram())
}

/** The documented error bound: what is read is never below what was recorded and at most 1/128 above. */
function isWithinBound(read: number, exact: number): boolean {
  return read >= exact && read <= exact + exact / 128
}

t.test('an empty histogram reads as zero everywhere', async (t) => {
  const histogram = newHistogram()
  t.equal(histogram.count, 0)
  t.equal(histogram.max, 0)
  t.equal(histogram.valueAtPercentile(99), 0)
  t.strictSame(histogram.cumulativeCounts([1, 10]), { counts: [0, 0], count: 0, sum: 0 })
})

t.test('a single value is read back within the error bound, at every slot border up to the largest', async (t) => {
  for (let octave = 0; octave < 32; octave++) {
    for (const value of [2 ** octave - 1, 2 ** octave, 2 ** octave + 1, Math.floor(1.37 * 2 ** octave)]) {
      if (value > 0xffffffff) continue
      const histogram = newHistogram()
      // A larger companion keeps the maximum from hiding the slot's own upper end.
      histogram.record(value)
      histogram.record(2 ** 33)
      t.ok(isWithinBound(histogram.valueAtPercentile(50), value), `${value} reads ${histogram.valueAtPercentile(50)}`)
    }
  }
})

t.test('percentiles agree with hdr-histogram-js within both error bounds', async (t) => {
  const random = randomSource(7)
  const ours = newHistogram()
  const reference = build({ lowestDiscernibleValue: 1, highestTrackableValue: 1e9, numberOfSignificantValueDigits: 3 })
  for (let round = 0; round < 50_000; round++) {
    const value = Math.floor(Math.exp(random() * 16))
    ours.record(value)
    reference.recordValue(value)
  }
  t.equal(ours.count, reference.totalCount)
  for (const percentile of [0, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 100]) {
    const expected = reference.getValueAtPercentile(percentile)
    const actual = ours.valueAtPercentile(percentile)
    t.ok(Math.abs(actual - expected) <= expected * (1 / 128 + 0.001) + 1, `p${percentile}: ${actual} and ${expected}`)
  }
  t.ok(Math.abs(ours.sum / ours.count - reference.mean) <= reference.mean * 0.01)
})

t.test('values at or below a bound are counted under it, larger ones are not', async (t) => {
  const histogram = newHistogram()
  for (const value of [0, 99, 100, 101, 127, 128]) histogram.record(value)
  t.strictSame(histogram.cumulativeCounts([0, 100, 127, 1000]), { counts: [1, 3, 5, 6], count: 6, sum: 555 })
})

t.test('a value above the largest counts as the largest, and the maximum stays exact', async (t) => {
  const histogram = newHistogram()
  histogram.record(0xffffffff)
  histogram.record(1e12)
  t.equal(histogram.count, 2)
  t.equal(histogram.max, 1e12)
  t.equal(histogram.valueAtPercentile(50), 0xffffffff)
})

t.test('a clock that stepped back or gave no number counts as zero', async (t) => {
  const histogram = newHistogram()
  histogram.record(-5)
  histogram.record(Number.NaN)
  histogram.record(0.9)
  t.equal(histogram.count, 3)
  t.equal(histogram.valueAtPercentile(100), 0)
  t.equal(histogram.sum, 0.9)
})

t.test('merging gives what recording into one would have given', async (t) => {
  const random = randomSource(3)
  const left = newHistogram()
  const right = newHistogram()
  const together = newHistogram()
  for (let round = 0; round < 2000; round++) {
    const value = Math.floor(random() * 1e6)
    const part = round % 2 === 0 ? left : right
    part.record(value)
    together.record(value)
  }
  left.merge(right)
  t.equal(left.max, together.max)
  t.equal(left.sum, together.sum)
  t.strictSame(left.cumulativeCounts([10, 1e3, 1e5]), together.cumulativeCounts([10, 1e3, 1e5]))
})

t.test('growth of another histogram is added, and only once', async (t) => {
  const sum = newHistogram()
  sum.record(5)
  const memory = allocateHistogram()
  const other = new LatencyHistogram(memory)
  let older = new Float64Array(0)
  for (const value of [10, 2000]) {
    other.record(value)
    const newer = Float64Array.from(new Float64Array(memory))
    sum.addGrowth(older, newer)
    sum.addGrowth(newer, newer)
    older = newer
  }
  t.equal(sum.count, 3)
  t.equal(sum.sum, 2015)
  t.equal(sum.max, 2000)
  t.strictSame(sum.cumulativeCounts([5, 10, 3000]).counts, [1, 2, 3])
})
