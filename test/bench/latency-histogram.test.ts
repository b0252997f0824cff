import t from 'tap'
import { LatencyHistogram, mergeHistograms } from '#bench/measure/latency-histogram.js'

function histogramOf(latenciesMs: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  for (const latencyMs of latenciesMs) histogram.recordMs(latencyMs)
  return histogram
}

const fast = Array.from({ length: 990 }, (_, index) => 0.05 + index / 10_000)
const slow = Array.from({ length: 10 }, (_, index) => 20 + index)

t.test('merged histograms are the histogram of all values', async (t) => {
  const merged = mergeHistograms([histogramOf(fast), histogramOf(slow)])
  t.strictSame(merged.summary(), histogramOf([...fast, ...slow]).summary())
})

t.test('merging is not averaging: ten slow answers in a thousand are the p99.9 of all', async (t) => {
  const { count, p50Us, p999Us } = mergeHistograms([histogramOf(fast), histogramOf(slow)]).summary()
  t.equal(count, 1000)
  t.ok(p50Us > 99 && p50Us < 101, `p50 ${p50Us}`)
  t.ok(p999Us > 27_000, `p99.9 ${p999Us}`)
})

t.test('a histogram survives being carried as text', async (t) => {
  const histogram = histogramOf([...fast, ...slow])
  const carried = LatencyHistogram.decode(histogram.encode())
  t.strictSame(carried.summary(), histogram.summary())
  carried.add(histogramOf([59_000]))
  t.equal(carried.count, 1001, 'and takes values larger than any it carried')
})

t.test('values are told apart to three digits', async (t) => {
  const { maxUs } = histogramOf([12.34]).summary()
  t.ok(Math.abs(maxUs - 12_340) / 12_340 < 0.001, `read back ${maxUs}`)
})

t.test('what is beyond the table counts at its end instead of being lost', async (t) => {
  const { count, maxUs } = histogramOf([0, -1, 61_000]).summary()
  t.equal(count, 3)
  t.ok(maxUs >= 59_900_000 && maxUs <= 60_100_000, `read back ${maxUs}`)
})
