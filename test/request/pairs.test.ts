import fc from 'fast-check'
import t from 'tap'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { DecodeTools } from '#src/request/decode-tools.js'
import { PairWalker } from '#src/request/pairs.js'
import { createCollector } from './support/collector.js'
import { addressOf, walk } from './support/walk.js'

const queryOf = (query: string | Uint8Array) =>
  addressOf(walk({ target: Buffer.concat([Buffer.from('/?'), Buffer.from(query)]) }), 'server.request.query')

t.test('pairs become lists by name, as Go reads them', async (t) => {
  t.strictSame(queryOf('a=1&b=2&a=3'), { a: ['1', '3'], b: ['2'] })
  t.strictSame(queryOf('a=x%20y+z&%62=%C3%A9'), { a: ['x y z'], b: ['é'] })
  t.strictSame(queryOf('&&a=1&&'), { a: ['1'] })
  t.strictSame(queryOf('a=&=b'), { a: [''], '': ['b'] })
  t.strictSame(queryOf('a=b=c'), { a: ['b=c'] })
  t.strictSame(queryOf(''), null)
})

t.test('pairs that Go drops are kept', async (t) => {
  t.strictSame(queryOf('a=%zz&b=%4&c=%&d=%%41'), { a: ['%zz'], b: ['%4'], c: ['%'], d: ['%A'] })
  t.strictSame(queryOf('a=1;b=2'), { a: ['1;b=2', '1'], b: ['2'] })
  t.strictSame(queryOf(';;a;;'), { ';;a;;': [';;a;;'], a: ['a'] })
  t.strictSame(queryOf('a=b=c;d'), { a: ['b=c;d', 'b=c'], d: ['d'] })
})

t.test('a name alone is a value too', async (t) => {
  t.strictSame(queryOf('debug&x=1'), { debug: ['debug'], x: ['1'] })
})

t.test('parts of a nested name are keys of their own', async (t) => {
  t.strictSame(queryOf('a[b][0].c=1'), { a: [null], b: [null], c: [null], 'a[b][0].c': ['1'] })
  t.strictSame(queryOf('a%5Bb%5D=1'), { a: [null], b: [null], 'a[b]': ['1'] })
  t.strictSame(queryOf('[]=1&.=2'), { '[]': ['1'], '.': ['2'] })
  const many = `a${'[b]'.repeat(40)}`
  const walked = new PairWalker(new DecodeTools())
  const visitor = createCollector()
  walked.walk(visitor, Buffer.from(`${many}=1`), 0, many.length + 2)
  t.equal(visitor.keys.length, 32 + 1, 'at most 32 parts')
})

t.test('reads what URLSearchParams reads', async () => {
  const tools = new DecodeTools()
  const walker = new PairWalker(tools)
  const text = fc.string({
    unit: fc.constantFrom('a', 'B', '0', ' ', '+', '&', '=', '%', 'é', '😀', '#', '?', '/'),
    maxLength: 8,
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (pairs) => {
      const query = new URLSearchParams(pairs.map(([name, value]): [string, string] => [`n${name}`, value])).toString()
      const visitor = createCollector()
      walker.walk(visitor, Buffer.from(query), 0, Buffer.byteLength(query))
      const expected = [...new URLSearchParams(query)]
      return (
        JSON.stringify(visitor.keys) === JSON.stringify(expected.map(([name]) => name)) &&
        JSON.stringify(visitor.strings) === JSON.stringify(expected.map(([, value]) => value))
      )
    }),
    { numRuns: 2000, seed: 4 },
  )
})

t.test('stops when the budget is spent, and says so', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(2)
  const body = Buffer.from('a=1&'.repeat(50_000))
  const visitor = createCollector()
  t.equal(new PairWalker(new DecodeTools(budget)).walk(visitor, body, 0, body.length), false)
  t.ok(visitor.strings.length < 10_000)
})
