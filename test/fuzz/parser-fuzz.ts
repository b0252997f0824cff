// Fuzzes the request reader: however a stream of bytes is cut, the reading is the same, nothing throws, nothing leaks.
// Run: node build/test/fuzz/parser-fuzz.js --seconds 60 --seed 1. A failure prints the stream and the cut that shows it.
import { parseArgs } from 'node:util'
import type { ParserLimits } from '#src/parser/limits.js'
import { cutEvery, type Reading, readChunks } from '../parser/support/reading.js'
import { Random } from './random.js'
import { randomStream } from './support/random-requests.js'

/** What a run did, and the first failure. */
export interface FuzzResult {
  readonly streamCount: number
  readonly readingCount: number
  readonly failure: string | undefined
}

/** Limits under which the streams meet every refusal, and limits under which they meet none. */
const limitSets: readonly [Partial<ParserLimits>, ...Partial<ParserLimits>[]] = [
  {},
  { headLimitBytes: 100, headerLimitCount: 4, targetLimitBytes: 40, trailerLimitBytes: 12 },
  { bodyInspectLimitBytes: 16, headerLimitCount: 2, trailerLimitBytes: 0 },
]

/**
 * @param isOver - asked before each stream, with the number of streams so far.
 * @param seed - the same seed gives the same streams and cuts.
 */
export function fuzzParser(seed: number, isOver: (streamCount: number) => boolean): FuzzResult {
  const random = new Random(seed)
  let readingCount = 0
  let streamCount = 0
  while (!isOver(streamCount)) {
    streamCount += 1
    const bytes = Buffer.from(randomStream(random), 'latin1')
    const limits = random.pick(limitSets)
    const expected = describe([bytes], limits)
    for (const cuts of [cutAtRandom(random, bytes, 1), cutAtRandom(random, bytes, 5), cutEvery(bytes, 1)]) {
      readingCount += 1
      const found = describe(cuts, limits)
      const shed = describe(cuts, limits, 0)
      if (found === expected && !isBroken(found) && !isBroken(shed)) continue
      const lengths = cuts.map(({ length }) => length).join(',')
      const failure = `${JSON.stringify(bytes.toString('latin1'))}\nlimits ${JSON.stringify(limits)}\nwhole: ${expected}\ncut ${lengths}: ${found}\nshed: ${shed}`
      return { streamCount, readingCount, failure }
    }
  }
  return { streamCount, readingCount, failure: undefined }
}

function cutAtRandom(random: Random, bytes: Buffer, cutCount: number): readonly Buffer[] {
  const positions = Array.from({ length: cutCount }, () => random.below(bytes.length + 1)).sort((a, b) => a - b)
  return [...positions, bytes.length].map((end, index) => bytes.subarray(positions[index - 1] ?? 0, end))
}

/** A reading as text; how a `100 Continue` comes in between depends on the cut and on nothing else. */
function describe(chunks: readonly Buffer[], limits: Partial<ParserLimits>, inFlightLimitBytes?: number): string {
  try {
    const reading = readChunks(chunks, limits, inFlightLimitBytes)
    if (reading.leakedBytes > 0) return `leaks ${reading.leakedBytes} bytes`
    return JSON.stringify(withoutContinue(reading))
  } catch (thrown) {
    return `throws ${thrown instanceof Error ? thrown.stack : String(thrown)}`
  }
}

function isBroken(description: string): boolean {
  return description.startsWith('leaks') || description.startsWith('throws')
}

function withoutContinue(reading: Reading): Reading {
  return { ...reading, items: reading.items.filter((item) => item !== 'continue') }
}

function main(): void {
  const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } })
  const endMs = performance.now() + Number(values.seconds ?? 10) * 1000
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  const result = fuzzParser(seed, () => performance.now() >= endMs)
  process.stdout.write(
    `seed ${seed}: ${result.streamCount} streams, each whole and cut, ${result.readingCount} cut readings\n`,
  )
  if (result.failure === undefined) return
  process.stdout.write(`${result.failure}\n`)
  process.exitCode = 1
}

if (process.argv[1] === import.meta.filename) main()
