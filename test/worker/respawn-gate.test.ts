// Workers that die are replaced at once, then ever slower, until one lives.
import t from 'tap'
import {
  askToStop,
  createRespawnGate,
  isAskedToStop,
  noteDeath,
  noteSuccess,
  respawnDelayMs,
  waitAtGate,
} from '#src/worker/respawn-gate.js'

t.test('the first replacement comes at once, the next ones wait twice as long each, up to a bound', async (t) => {
  t.same(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1000].map(respawnDelayMs),
    [0, 0, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000],
  )
})

t.test('a new worker waits as long as the deaths in a row say; a success lets the next start at once', async (t) => {
  const gate = createRespawnGate()
  const waitOnce = (): number => {
    const startMs = performance.now()
    waitAtGate(gate)
    return performance.now() - startMs
  }
  // The shortest of some: on a busy machine one wait may take longer than it was meant to.
  const waitedMs = (): number => Math.min(waitOnce(), waitOnce(), waitOnce())
  noteDeath(gate)
  t.ok(waitedMs() < 90)
  noteDeath(gate)
  t.ok(waitedMs() >= 99)
  noteSuccess(gate)
  noteDeath(gate)
  t.ok(waitedMs() < 90)
})

t.test('workers see that they shall stop', async (t) => {
  const gate = createRespawnGate()
  const words = new Int32Array(gate)
  t.notOk(isAskedToStop(words))
  askToStop(gate)
  t.ok(isAskedToStop(words))
})
