import t from 'tap'
import { judge } from '#bench/compare/judge.js'
import { SeededRandom } from '#bench/corpora/random.js'
import { type Figure, figures, judgeFigure, type Reading } from '#bench/soak/figures.js'

/** Eight slices in each of `rounds` rounds around `middle`; a round has a shift of its own, as a process has. */
function arm(random: SeededRandom, rounds: number, middle: number, spread: number): number[][] {
  return Array.from({ length: rounds }, () => {
    const shift = 1 + (spread / 2) * (random.next() - 0.5)
    return Array.from({ length: 8 }, () => middle * shift * (1 + spread * (random.next() - 0.5)))
  })
}

function judgeArms(seed: number, ratio: number, spread: number) {
  const random = new SeededRandom(seed)
  const [baseA, baseB] = [arm(random, 8, 40, spread), arm(random, 8, 40, spread)]
  return judge({ baseA, baseB, change: arm(random, 8, 40 * ratio, spread) })
}

t.test('15 % more is slower, the same is not, in each of 20 runs', async (t) => {
  for (let seed = 0; seed < 20; seed++) {
    t.equal(judgeArms(seed, 1.15, 0.1).isSlower, true, `planted, seed ${seed}`)
    t.equal(judgeArms(seed, 1, 0.1).isSlower, false, `same, seed ${seed}`)
  }
})

t.test('faster is not slower', async (t) => {
  t.equal(judgeArms(1, 0.8, 0.1).isSlower, false)
})

t.test('what base against base reaches is no slowdown', async (t) => {
  const steady = [[10], [10], [10], [10]]
  const shifted = [[12], [12], [12], [12]]
  t.equal(judge({ baseA: steady, baseB: shifted, change: shifted }).isSlower, false)
})

t.test('a difference that is certain but below 3 % does not fail, one above does', async (t) => {
  const steady = [
    [100, 100],
    [100, 100],
    [100, 100],
  ]
  const times = (ratio: number) => steady.map((values) => values.map((value) => value * ratio))
  t.equal(judge({ baseA: steady, baseB: steady, change: times(1.029) }).isSlower, false)
  t.equal(judge({ baseA: steady, baseB: steady, change: times(1.031) }).isSlower, true)
})

t.test('the noisier the machine, the larger what it could have told', async (t) => {
  t.ok(judgeArms(3, 1, 0.02).smallestDetectable < 1.05)
  t.ok(judgeArms(3, 1, 0.8).smallestDetectable > 1.15)
})

function figureOf(name: string): Figure {
  const figure = figures.find((each) => each.name === name)
  if (figure === undefined) throw new Error(`${name} is not watched`)
  return figure
}

/** Readings every 3 s whose memory is given by `bytesAt`. */
function readings(count: number, bytesAt: (index: number) => number): Reading[] {
  return Array.from({ length: count }, (_, index) => ({
    second: index * 3,
    residentBytes: bytesAt(index),
    openFiles: 40,
    loopDelayMs: 12,
  }))
}

t.test('a soak tells memory that grows from memory that goes up and down', async (t) => {
  const memory = figureOf('memory')
  const sawtooth = (index: number) => 150e6 + (index % 7) * 3e6
  t.equal(judgeFigure(memory, readings(60, sawtooth)).isGrowing, false)
  t.equal(
    judgeFigure(
      memory,
      readings(60, (index) => sawtooth(index) + index * 1e6),
    ).isGrowing,
    true,
  )
})

t.test('growth while warming up does not count', async (t) => {
  const memory = figureOf('memory')
  const warmingUp = (index: number) => Math.min(150e6, 80e6 + index * 5e6)
  t.equal(judgeFigure(memory, readings(60, warmingUp)).isGrowing, false)
})

t.test('descriptors that leak slowly are seen, a few that come and go are not', async (t) => {
  const files = figureOf('file descriptors')
  const withFiles = (openFiles: (index: number) => number) =>
    readings(60, () => 1).map((reading, index) => ({ ...reading, openFiles: openFiles(index) }))
  t.equal(
    judgeFigure(
      files,
      withFiles((index) => 40 + Math.floor(index / 8)),
    ).isGrowing,
    true,
  )
  t.equal(
    judgeFigure(
      files,
      withFiles((index) => 40 + (index % 3)),
    ).isGrowing,
    false,
  )
})
