import t from 'tap'
import { DecodeBudget } from '#src/request/decode-budget.js'

t.test('walks end before the request does, and leave time to the engine', async (t) => {
  let nowMs = 100
  const budget = new DecodeBudget(() => nowMs)
  budget.start(110)
  nowMs = 107.4
  t.equal(budget.check(), true)
  nowMs = 107.5
  t.equal(budget.check(), false)
  t.equal(budget.isExhausted, true)
})

t.test('looks at the clock once per 8 KiB', async (t) => {
  let looks = 0
  const budget = new DecodeBudget(() => looks++ * 0)
  budget.start(1)
  looks = 0
  for (let spent = 0; spent < 8191; spent++) budget.spend(1)
  t.equal(looks, 0)
  budget.spend(1)
  t.equal(looks, 1)
  t.equal(budget.spentBytes, 8192)
})

t.test('stays exhausted until it starts again', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs)
  budget.start(4)
  nowMs = 3
  t.equal(budget.spend(10_000), false)
  nowMs = 0
  t.equal(budget.spend(1), false)
  budget.start(4)
  t.equal(budget.spend(1), true)
  t.equal(budget.spentBytes, 1)
})

t.test('a stage ends at its share of what is left', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs)
  budget.start(40)
  t.equal(budget.remainingMs, 30)
  const end = budget.stageEnd(0.5)
  nowMs = 14.9
  t.equal(budget.isPast(end), false)
  nowMs = 15
  t.equal(budget.isPast(end), true)
  nowMs = 50
  t.equal(budget.remainingMs, 0)
})

t.test('without a start there is all the time in the world', async (t) => {
  const budget = new DecodeBudget()
  t.equal(budget.spend(1_000_000_000), true)
  t.equal(budget.isPast(budget.stageEnd(0.1)), false)
})
