import t from 'tap'
import { FightLedger } from '#src/kube/watch/fight-ledger.js'

const timing = { firstFightMs: 1000, longestFightMs: 8000, peaceMs: 100_000 }

function ledgerAt(): { ledger: FightLedger; pass(ms: number): void } {
  let nowMs = 0
  return { ledger: new FightLedger(timing, () => nowMs), pass: (ms) => void (nowMs += ms) }
}

t.test('a rule that never had a filter of ours gets it at once', async (t) => {
  const { ledger } = ledgerAt()
  t.equal(ledger.delayMs('r', ['a']), 0)
  ledger.patched('r', ['a'])
  t.equal(ledger.delayMs('r', ['b']), 0, 'a new rule of the same route too')
  t.equal(ledger.delayMs('other', ['a']), 0, 'and the same rule of another route')
})

t.test('a filter that others removed is put back later each time, up to a limit', async (t) => {
  const { ledger, pass } = ledgerAt()
  ledger.patched('r', ['a'])
  const delays: number[] = []
  for (let round = 0; round < 5; round++) {
    const delayMs = ledger.delayMs('r', ['a'])
    delays.push(delayMs)
    pass(delayMs)
    t.equal(ledger.delayMs('r', ['a']), 0)
    t.equal(ledger.patched('r', ['a']), round + 1)
  }
  t.strictSame(delays, [1000, 2000, 4000, 8000, 8000])
  t.equal(ledger.size, 1)
})

t.test('the delay runs from the last patch, not from when the removal was seen', async (t) => {
  const { ledger, pass } = ledgerAt()
  ledger.patched('r', ['a'])
  pass(600)
  t.equal(ledger.delayMs('r', ['a']), 400)
})

t.test('a route that was left in peace long enough starts anew', async (t) => {
  const { ledger, pass } = ledgerAt()
  for (let round = 0; round < 4; round++) ledger.patched('r', ['a'])
  pass(timing.peaceMs - 1)
  t.equal(ledger.fightsOver('r'), 3)
  ledger.delayMs('r', ['a'])
  t.equal(ledger.fightsOver('r'), 3)
  pass(1)
  t.equal(ledger.delayMs('r', ['a']), 0)
  t.equal(ledger.fightsOver('r'), 0)
})

t.test('a route that is forgotten is new', async (t) => {
  const { ledger } = ledgerAt()
  ledger.patched('r', ['a'])
  ledger.forget('r')
  t.equal(ledger.delayMs('r', ['a']), 0)
})
