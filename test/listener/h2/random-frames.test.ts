// Random frames over real sockets, mutated, cut and ended in every way: nothing is left behind, everything is counted.
import t from 'tap'
import { Random } from '../../fuzz/random.js'
import { ListenerBench } from '../support/bench.js'
import { sendAndEnd } from '../support/random-ending.js'
import { block, data, endHeaders, endStream, frame, headers, opening, requestFields, reset } from './support/frames.js'

const connectionCount = 300
const atATimeCount = 20

for (const hijack of [false, true]) {
  t.test(`${connectionCount} connections of random frames, ${hijack ? 'hijacked' : 'answered'}`, async (t) => {
    const bench = await ListenerBench.open(t, {
      hijack,
      lingerTimeoutMs: 300,
      headTimeoutMs: 300,
      bodyTimeoutMs: 300,
      headLimitBytes: 2048,
      headerLimitCount: 8,
    })
    const random = new Random(hijack ? 21 : 22)
    for (let count = 0; count < connectionCount; count += atATimeCount) {
      await Promise.all(
        Array.from({ length: atATimeCount }, () => sendAndEnd(bench.addresses[0] ?? '', randomFrames(random), random)),
      )
    }
    await bench.awaitNoConnections()
    t.equal(bench.staging.usedBytes, 0)
    t.ok(bench.requests.length > connectionCount / 2, `${bench.requests.length} requests`)
    t.equal(bench.receivedCount, bench.requests.length + bench.outcomes('unparsable'))
  })
}

function randomFrames(random: Random): Buffer {
  const frames: Buffer[] = [opening]
  let streamId = -1
  for (let count = random.below(20); count > 0; count -= 1) {
    if (streamId < 0 || random.chance(0.4)) streamId += random.chance(0.9) ? 2 : 4
    frames.push(randomFrame(random, streamId))
  }
  const bytes = Buffer.concat(frames)
  // Most connections are sound from end to end; a flipped byte ends one early.
  if (random.chance(0.2)) bytes[random.below(bytes.length)] = random.below(256)
  return bytes
}

function randomFrame(random: Random, streamId: number): Buffer {
  const fields = requestFields(random.pick(['/', '/?x=$globals', '']), [['x', 'v'.repeat(random.below(3000))]], 'POST')
  switch (random.below(10)) {
    case 0:
      return data(streamId, 'b'.repeat(random.below(5000)), random.pick([0, endStream]))
    case 1:
      return reset(streamId, random.below(12))
    case 2:
      return frame(random.below(12), random.below(256), random.pick([0, streamId]), Buffer.alloc(random.below(20)))
    case 3:
      return Buffer.concat([
        frame(1, random.pick([0, endStream]), streamId, block(fields)),
        frame(9, endHeaders, streamId, block([['y', 'z']])),
      ])
    default:
      return headers(streamId, fields, random.pick([0, endStream]))
  }
}
