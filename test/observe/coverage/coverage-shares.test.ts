import t from 'tap'
import { type CoverageCounts, coverageParts, shareOut } from '#src/observe/coverage/coverage-shares.js'

const none = { lost: 0, shed: 0, unparsable: 0, matched: 0, 'timed-out': 0, aborted: 0, truncated: 0, clean: 0 }

function counts(given: Partial<CoverageCounts>): CoverageCounts {
  return { requests: 0, copies: undefined, received: 0, outcomes: none, ...given }
}

t.test('the parts add up to the requests, each lost one in its place', async (t) => {
  const outcomes = { lost: 1, shed: 4, unparsable: 2, matched: 5, 'timed-out': 1, aborted: 2, truncated: 3, clean: 50 }
  const { ratio, parts } = shareOut(counts({ requests: 100, copies: 80, received: 70, outcomes }))
  t.equal(ratio, 0.55)
  t.match(parts, { not_mirrored: 20, never_arrived: 10, waiting: 2, shed: 4, lost: 1, unparsable: 2 })
  t.match(parts, { partly_analysed: 6, analysed: 55, surplus: 0 })
  t.equal(
    coverageParts.reduce((sum, part) => sum + parts[part], 0),
    100,
  )
})

t.test('where the gateway does not count copies, what did not come never arrived', async (t) => {
  const { parts } = shareOut(counts({ requests: 10, received: 7, outcomes: { ...none, clean: 7 } }))
  t.match(parts, { not_mirrored: 0, never_arrived: 3, analysed: 7 })
})

t.test('without requests there is no ratio', async (t) => {
  t.equal(shareOut(counts({})).ratio, undefined)
})

t.test('a few copies ahead of their requests do not matter; many come from elsewhere and leave no ratio', async (t) => {
  const of = (received: number) =>
    shareOut(counts({ requests: 1000, received, outcomes: { ...none, clean: received } }))
  t.equal(of(1074).ratio, 1)
  t.equal(of(1074).parts.surplus, 74)
  t.equal(of(1075).ratio, undefined)
})
