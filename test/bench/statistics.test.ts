import t from 'tap'
import { SeededRandom } from '#bench/corpora/random.js'
import { bootstrapMedian, bootstrapRatio, fitTrend, median, medianWithRange } from '#bench/measure/statistics.js'

/** `rounds` rounds of four values around `middle`, spread by `share` of it. */
function noisyRounds(random: SeededRandom, rounds: number, middle: number, share: number): number[][] {
  return Array.from({ length: rounds }, () =>
    Array.from({ length: 4 }, () => middle * (1 + share * (random.next() + random.next() - 1))),
  )
}

t.test('the median is the middle value, of an even number the mean of the two', async (t) => {
  t.equal(median([5, 1, 3]), 3)
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.ok(Number.isNaN(median([])))
})

t.test('the range is the smallest and the largest value', async (t) => {
  t.strictSame(medianWithRange([2, 9, 4]), { low: 2, mid: 4, high: 9 })
})

t.test('the same seed draws the same interval', async (t) => {
  const rounds = noisyRounds(new SeededRandom(1), 6, 100, 0.1)
  const draw = (seed: number) => bootstrapMedian(rounds, 0.95, new SeededRandom(seed))
  t.strictSame(draw(3), draw(3))
})

t.test('the interval of equal values has no width', async (t) => {
  t.strictSame(bootstrapMedian([[7], [7], [7]], 0.95, new SeededRandom(1)), { low: 7, mid: 7, high: 7 })
})

t.test('a 95 % interval holds the true median in about 95 of 100 experiments', async (t) => {
  const random = new SeededRandom(11)
  let held = 0
  for (let experiment = 0; experiment < 100; experiment++) {
    const { low, high } = bootstrapMedian(noisyRounds(random, 12, 50, 0.2), 0.95, random)
    if (low <= 50 && high >= 50) held++
  }
  t.ok(held >= 85 && held <= 100, `held in ${held}`)
})

t.test('more confidence gives a wider interval', async (t) => {
  const rounds = noisyRounds(new SeededRandom(5), 9, 10, 0.3)
  const narrow = bootstrapMedian(rounds, 0.5, new SeededRandom(1))
  const wide = bootstrapMedian(rounds, 0.99, new SeededRandom(1))
  t.ok(wide.low < narrow.low && wide.high > narrow.high)
})

t.test('rounds are drawn whole: many values of one round are not many rounds', async (t) => {
  const inOne = bootstrapMedian([[1, 1, 1, 1, 1, 1], [9]], 0.95, new SeededRandom(1))
  t.equal(inOne.high, 9, 'the round of one value can be drawn alone')
})

t.test('a ratio is paired: what disturbs both sides of a pair cancels out', async (t) => {
  const base = [[10, 80], [20], [40, 15]]
  const slower = base.map((values) => values.map((value) => value * 1.2))
  const { low, mid, high } = bootstrapRatio(slower, base, 0.95, new SeededRandom(1))
  for (const ratio of [low, mid, high]) t.ok(Math.abs(ratio - 1.2) < 1e-9)
})

t.test('a line through points on it is found, and its slope is beyond doubt', async (t) => {
  const trend = fitTrend([
    [0, 5],
    [10, 25],
    [20, 45],
  ])
  t.equal(trend.slope, 2)
  t.equal(trend.start, 5)
  t.equal(trend.end, 45)
  t.ok(trend.significance > 1000)
})

t.test('noise without a trend is not significant, a trend in the same noise is', async (t) => {
  const random = new SeededRandom(2)
  const noise = Array.from({ length: 40 }, (_, x) => [x, 100 + 10 * random.next()] as const)
  t.ok(fitTrend(noise).significance < 3)
  t.ok(fitTrend(noise.map(([x, y]) => [x, y + x] as const)).significance > 5)
})

t.test('points at one moment and equal values have no trend', async (t) => {
  t.equal(fitTrend([[3, 1], [3, 2], [3, 9]]).slope, 0) // biome-ignore format: one case per line
  t.equal(fitTrend([[1, 4], [2, 4], [3, 4]]).significance, 0) // biome-ignore format: one case per line
})
