// Somebody looks through a long history: events that arrive meanwhile are stored all the same.
import t from 'tap'
import type { History } from '#src/store/history.js'
import { answerCounts, answerSearch } from '#src/ui/questions.js'
import { RuleBook } from '#src/ui/rule-book.js'
import { blockOf, eventOf } from '../store/support/event-lines.js'
import { openStore, testNowMs } from '../store/support/open-store.js'

const dayMs = 86_400_000

/** Keeps the thread busy as one step of a large history does. */
function beBusy(): void {
  const endMs = performance.now() + 8
  while (performance.now() < endMs);
}

t.test('events are stored while a search goes through a history without end', async (t) => {
  const { store, stored } = openStore(t)
  store.offer(blockOf([eventOf()]))
  await store.flush(1000)
  // The history of a store that never comes to its end, with the real pace of a step.
  const endless: History = Object.create(store.history)
  Object.defineProperty(endless, 'scan', {
    *value() {
      for (;;) {
        beBusy()
        yield { rows: [], scannedCount: 1, totalCount: 1e9, nextId: 1 }
      }
    },
  })
  const timer = setInterval(() => store.offer(blockOf([eventOf()])), 10)
  t.teardown(() => clearInterval(timer))
  const answer = await answerSearch(endless, new URLSearchParams('text=nothing'), () => true)
  t.match(answer, { isDone: false, events: [] })
  t.ok(stored.length > 5, `${stored.length} stored during one answer`)
})

t.test('counts of a long range let others have their turn, and add up as in one piece', async (t) => {
  const { store } = openStore(t, { ageMs: 400 * dayMs })
  const events = Array.from({ length: 3000 }, (_, index) =>
    eventOf({ atMs: testNowMs - index * 60_000, rule: `r-${index % 7}`, client: `192.0.2.${index % 90}` }),
  )
  store.offer(blockOf(events))
  await store.flush(10_000)
  let turnCount = 0
  const timer = setInterval(() => {
    turnCount += 1
  }, 0)
  t.teardown(() => clearInterval(timer))
  const answer = await answerCounts(store.history, new RuleBook([]), 30 * dayMs, testNowMs)
  t.ok(turnCount > 3, `${turnCount} turns of others`)
  const sum = (counts: readonly { readonly count: number }[]): number =>
    counts.reduce((total, { count }) => total + count, 0)
  t.equal(answer.total, 3000)
  t.equal(sum(answer.breakdowns.rule), 3000)
  t.equal(sum(answer.timeline), 3000)
  const [most, second] = answer.breakdowns.rule
  t.ok((most?.count ?? 0) >= (second?.count ?? 0))
})
