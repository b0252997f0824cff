// A short, fixed run of the request fuzzer; the long runs are started by hand (see request-fuzz.ts).
import t from 'tap'
import { Random } from './random.js'
import { fuzzRequests } from './request-fuzz.js'
import { FuzzedReceiver, totalOf } from './support/fuzzed-receiver.js'
import { mutatedRequest } from './support/mutated-requests.js'

t.test('8,500 mutated requests: no crash, no hang, one outcome each; a killed receiver is noticed', async (t) => {
  const receiver = await FuzzedReceiver.start()
  t.teardown(() => receiver.stop())
  const { failure, account, sent } = await fuzzRequests(receiver, 6, 8500)
  t.equal(failure, undefined)
  t.equal(sent, 8500)
  t.ok(account)
  if (account === undefined) return
  t.equal(totalOf(account), account.received)
  t.ok((account.outcomes['matched'] ?? 0) > 500, 'many are attacks')
  t.ok((account.outcomes['clean'] ?? 0) > 1000, 'many are not')
  t.equal(account.outcomes['lost'], 0)
  process.kill(receiver.pid ?? 0, 'SIGKILL')
  const killed = await fuzzRequests(receiver, 7, 100)
  t.match(killed.failure, /has ended: SIGKILL|closed without an answer/)
})

t.test('a seed repeats its requests, another seed has others', async (t) => {
  t.same(mutatedRequest(new Random(7)), mutatedRequest(new Random(7)))
  t.notOk(mutatedRequest(new Random(7)).equals(mutatedRequest(new Random(8))))
})
