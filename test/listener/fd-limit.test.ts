// How many connections the limit of open files leaves room for.
import t from 'tap'
import { connectionsWithin, decideConnectionLimit, openFilesLimit } from '#src/listener/fd-limit.js'

t.test('the limit of open files is read', async (t) => {
  t.ok(openFilesLimit() >= 256)
})

t.test('some descriptors are kept back, and a few connections are always possible', async (t) => {
  t.equal(connectionsWithin(1024), 768)
  t.equal(connectionsWithin(256), 64)
  t.equal(connectionsWithin(320), 64)
  t.equal(connectionsWithin(321), 65)
  t.equal(connectionsWithin(Number.POSITIVE_INFINITY), 1_000_000)
})

t.test('what is asked for is granted as far as it is possible; more is said', async (t) => {
  const possible = connectionsWithin(openFilesLimit())
  const told: number[] = []
  const decide = (asked: number): number => decideConnectionLimit(asked, (count) => told.push(count))
  t.equal(decide(0), possible)
  t.equal(decide(possible), possible)
  t.equal(decide(10), 10)
  t.same(told, [])
  t.equal(decide(possible + 1), possible)
  t.same(told, [possible])
})
