import t from 'tap'
import { HitTally } from '#src/sinks/hit-tally.js'

t.test('hits of one rule add up; what was taken is gone', async (t) => {
  const tally = new HitTally()
  t.ok(tally.isEmpty)
  tally.add([
    { rule: 'a', type: 'xss', count: 1 },
    { rule: 'b', type: 'lfi', count: 2 },
  ])
  tally.add([{ rule: 'a', type: 'xss', count: 3 }])
  t.notOk(tally.isEmpty)
  t.strictSame(tally.take(), [
    { rule: 'a', type: 'xss', count: 4 },
    { rule: 'b', type: 'lfi', count: 2 },
  ])
  t.ok(tally.isEmpty)
  t.strictSame(tally.take(), [])
})
