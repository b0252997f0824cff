// When the listener's thread looks away for a moment: while connections come fast and nobody waits, and at no other time.
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { ArrivalPacer } from '#src/listener/arrival-pacer.js'

/** Turns of the event loop, more than a pacer watches after the last arrival. */
async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn()
}

interface Paced {
  readonly pacer: ArrivalPacer
  readonly pauses: number[]
  arrive(count: number, gapMs: number): void
}

/** @param onPause - what happens while the thread looks away. */
function paced(onPause: (paced: Paced) => void = () => {}): Paced {
  let nowMs = 1000
  const pauses: number[] = []
  const made: Paced = {
    pacer: new ArrivalPacer((milliseconds) => {
      pauses.push(milliseconds)
      onPause(made)
    }),
    pauses,
    arrive(count, gapMs) {
      for (let index = 0; index < count; index += 1) {
        nowMs += gapMs
        made.pacer.note(nowMs)
      }
    },
  }
  return made
}

t.test('connections that come slowly are never paused for', async (t) => {
  const { pauses, arrive } = paced()
  arrive(1000, 0.126)
  await turns()
  t.strictSame(pauses, [])
})

t.test('a few at once are no reason to pause', async (t) => {
  const { pauses, arrive } = paced()
  arrive(20, 0)
  await turns()
  arrive(20, 500)
  await turns()
  t.strictSame(pauses, [])
})

t.test('when many came and nobody waits, there is one short pause', async (t) => {
  const { pauses, arrive } = paced()
  arrive(100, 0.05)
  t.strictSame(pauses, [], 'those that wait are served first')
  await turns()
  t.strictSame(pauses, [0.3])
})

t.test('pauses go on as long as each brings somebody', async (t) => {
  const { pauses, arrive } = paced(({ pauses, arrive }) => {
    if (pauses.length < 4) arrive(3, 0.05)
  })
  arrive(100, 0.05)
  await turns(20)
  t.equal(pauses.length, 4)
})

t.test('after a rest it takes as many as at the start', async (t) => {
  const { pauses, arrive } = paced()
  arrive(100, 0.05)
  await turns()
  arrive(1, 11)
  arrive(30, 0.05)
  await turns()
  t.equal(pauses.length, 1)
  arrive(1, 0.05)
  await turns()
  t.equal(pauses.length, 2)
})

t.test('a gap of some milliseconds is no rest', async (t) => {
  const { pauses, arrive } = paced()
  arrive(100, 0.05)
  await turns()
  arrive(1, 10)
  await turns()
  t.equal(pauses.length, 2)
})
