// The prefilter between requests: what it remembers, what it puts aside, what it says.
import t from 'tap'
import type { RulesetPrefilter } from '#src/prefilter/ruleset-prefilter.js'
import { sendSample, textTree } from '../fuzz/value-tree.js'
import { clears, prefilterOfRules, regexRule, ruleOf } from './support/prefilter-on.js'

const sqlRule = ruleOf({ id: 'sql', operator: 'is_sqli' })
const injection = "x' or 1=1--"
const doubtful = 'a text with "quotes"'

function walk(prefilter: RulesetPrefilter, text: string): void {
  prefilter.reset()
  sendSample(prefilter.sink, [['server.request.body', textTree(text)]])
}

t.test('a request says nothing about the next', async (t) => {
  const prefilter = prefilterOfRules(regexRule('bad'))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'bad'), false)
  t.equal(prefilter.isCandidate, true)
  t.equal(clears(prefilter, 'good'), true)
  t.equal(prefilter.reason, undefined)
})

t.test('visitors are done as soon as the request is a candidate', async (t) => {
  const prefilter = prefilterOfRules(regexRule('bad'))
  t.teardown(() => prefilter.dispose())
  prefilter.reset()
  const visitor = prefilter.sink.address('server.request.body')
  t.equal(visitor.isDone, false)
  visitor.string(Buffer.from('bad'), 0, 3)
  t.equal(visitor.isDone, true)
})

t.test('the reason names the address and what fired', async (t) => {
  const prefilter = prefilterOfRules(regexRule('bad'))
  t.teardown(() => prefilter.dispose())
  clears(prefilter, 'bad')
  t.equal(prefilter.reason?.address, 'server.request.body')
  t.match(prefilter.reason?.cause, /server\.request\.body/)
})

t.test('addresses without rules are passed over', async (t) => {
  const prefilter = prefilterOfRules(regexRule('bad'))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, { a: ['bad'] }, 'server.request.cookies'), true)
})

t.test('decoders may skip cookies that no rule looks at, but never the headers in which they are found', async (t) => {
  const prefilter = prefilterOfRules(ruleOf({ address: 'server.request.query', parameters: { regex: 'bad' } }))
  t.teardown(() => prefilter.dispose())
  prefilter.reset()
  t.equal(prefilter.sink.address('server.request.cookies').isDone, true)
  t.equal(prefilter.sink.address('server.request.headers.no_cookies').isDone, false)
  t.equal(prefilter.sink.address('server.request.body').isDone, false)
  t.equal(prefilter.sink.address('server.request.query').isDone, false)
})

t.test('a value longer than the engine takes is for the engine to cut', async (t) => {
  const prefilter = prefilterOfRules(regexRule('bad'))
  t.teardown(() => prefilter.dispose())
  const send = (length: number): boolean => {
    prefilter.reset()
    prefilter.sink.address('server.request.body').string(Buffer.alloc(length, 'a'), 0, length)
    return prefilter.isCleared
  }
  t.equal(send(4096), true)
  t.equal(send(4097), false)
})

t.test('requests with values to confirm are decided together', async (t) => {
  const prefilter = prefilterOfRules(sqlRule)
  t.teardown(() => prefilter.dispose())
  const texts = [doubtful, 'plain', injection, doubtful, injection]
  const verdicts = new Map<number, boolean>()
  for (const [index, text] of texts.entries()) {
    walk(prefilter, text)
    if (prefilter.isPending) prefilter.hold(index)
    else verdicts.set(index, !prefilter.isCandidate)
  }
  t.strictSame([...verdicts], [[1, true]], 'only the plain text needs no engine')
  const order: number[] = []
  prefilter.settle((ticket, isCleared) => {
    order.push(ticket)
    verdicts.set(ticket, isCleared)
  })
  t.strictSame(order, [0, 2, 3, 4])
  t.strictSame(
    texts.map((_, index) => verdicts.get(index)),
    [true, true, false, true, false],
  )
})

t.test('harmless requests cost one engine call together', async (t) => {
  const prefilter = prefilterOfRules(sqlRule)
  t.teardown(() => prefilter.dispose())
  for (let index = 0; index < 20; index++) {
    walk(prefilter, doubtful)
    prefilter.hold(index)
  }
  const before = prefilter.stats.checkCalls
  let cleared = 0
  prefilter.settle((_, isCleared) => {
    if (isCleared) cleared++
  })
  t.equal(cleared, 20)
  t.equal(prefilter.stats.checkCalls - before, 1)
})

t.test('a pending request that is not held is forgotten by the next', async (t) => {
  const prefilter = prefilterOfRules(sqlRule)
  t.teardown(() => prefilter.dispose())
  walk(prefilter, doubtful)
  prefilter.hold(1)
  walk(prefilter, injection)
  t.equal(prefilter.isPending, true)
  walk(prefilter, 'plain')
  t.equal(prefilter.isPending, false)
  const verdicts: unknown[] = []
  prefilter.settle((ticket, isCleared) => verdicts.push([ticket, isCleared]))
  t.strictSame(verdicts, [[1, true]])
})

t.test('a request decided alone leaves those that are held untouched', async (t) => {
  const prefilter = prefilterOfRules(sqlRule)
  t.teardown(() => prefilter.dispose())
  walk(prefilter, injection)
  prefilter.hold(7)
  walk(prefilter, doubtful)
  t.equal(prefilter.isCleared, true)
  const verdicts: unknown[] = []
  prefilter.settle((ticket, isCleared) => verdicts.push([ticket, isCleared]))
  t.strictSame(verdicts, [[7, false]])
})

t.test('a request with more values to confirm than one call takes is a candidate', async (t) => {
  const prefilter = prefilterOfRules(sqlRule)
  t.teardown(() => prefilter.dispose())
  t.equal(
    clears(
      prefilter,
      Array.from({ length: 256 }, () => doubtful),
    ),
    true,
  )
  t.equal(
    clears(
      prefilter,
      Array.from({ length: 257 }, () => doubtful),
    ),
    false,
  )
})

t.test('settling is asked for before the store is full', async (t) => {
  const prefilter = prefilterOfRules(sqlRule)
  t.teardown(() => prefilter.dispose())
  let held = 0
  while (!prefilter.mustSettle) {
    walk(prefilter, doubtful)
    prefilter.hold(held++)
  }
  t.equal(held, 129, 'half of the 256 values of a call')
  prefilter.settle(() => undefined)
  t.equal(prefilter.mustSettle, false)
})

t.test('a distrusted address is never cleared again, with rules or without', async (t) => {
  const prefilter = prefilterOfRules(regexRule('bad'))
  t.teardown(() => prefilter.dispose())
  prefilter.distrust('server.request.body', 'contradicted')
  prefilter.distrust('server.request.cookies', 'contradicted')
  t.equal(clears(prefilter, 'good'), false)
  t.equal(prefilter.reason?.cause, 'contradicted')
  t.equal(clears(prefilter, {}, 'server.request.cookies'), false)
  t.equal(clears(prefilter, 'good', 'server.request.method'), true)
})

t.test('what was held when settling failed decides no later request', async (t) => {
  const prefilter = prefilterOfRules(sqlRule)
  t.teardown(() => prefilter.dispose())
  const verdictsOf = (texts: readonly string[]): readonly unknown[] => {
    const verdicts: unknown[] = []
    for (const [ticket, text] of texts.entries()) {
      walk(prefilter, text)
      prefilter.hold(ticket)
    }
    prefilter.settle((ticket, isCleared) => verdicts.push([ticket, isCleared]))
    return verdicts
  }
  walk(prefilter, doubtful)
  prefilter.hold(0)
  const fail = () =>
    prefilter.settle(() => {
      throw new RangeError('as an engine call may')
    })
  t.throws(fail, RangeError)
  t.strictSame(verdictsOf([injection]), [[0, false]])
})
