import t from 'tap'
import type { RequestParts } from '#src/batch/make-record.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { addressOf, walk } from './support/walk.js'

const headersOf = (parts: RequestParts) => addressOf(walk(parts), 'server.request.headers.no_cookies')
const cookiesOf = (line: string) => addressOf(walk({ headers: [['Cookie', line]] }), 'server.request.cookies')
const pathOf = (target: string) => addressOf(walk({ target }), 'server.request.path_params')

t.test('the method is what was sent, known or not', async (t) => {
  t.equal(addressOf(walk({ method: 'PATCH' }), 'server.request.method'), 'PATCH')
  t.equal(addressOf(walk({ method: 'FOO' }), 'server.request.method'), 'FOO')
})

t.test('the raw target stays encoded and whole', async (t) => {
  const target = 'http://u@h/a%20/../b?x=%24#f'
  t.equal(addressOf(walk({ target }), 'server.request.uri.raw'), target)
})

t.test('header names are lower case, lines stay apart, blanks go', async (t) => {
  t.strictSame(
    headersOf({
      headers: [
        ['X-A', ' 1\t'],
        ['x-a', '2'],
        ['X-É', 'é'],
      ],
    }),
    { 'x-a': ['1', '2'], 'x-É': ['é'] },
  )
})

t.test('trailers are headers', async (t) => {
  t.strictSame(
    headersOf({
      headers: [['a', '1']],
      trailers: [
        ['A', '2'],
        ['b', '3'],
      ],
    }),
    { a: ['1', '2'], b: ['3'] },
  )
})

t.test('the host loses the suffix of copies and keeps its port', async (t) => {
  const host = (value: string, ...more: [string, string][]) => {
    const headers = headersOf({ headers: [['Host', value], ...more] })
    return JSON.parse(JSON.stringify(headers)).host[0]
  }
  const envoy: [string, string] = ['x-envoy-internal', 'true']
  t.equal(host('app-shadow:8443', envoy), 'app:8443')
  t.equal(host('app-shadow', envoy), 'app')
  t.equal(host('app-SHADOW', envoy), 'app')
  t.equal(host('app-shadow:8443'), 'app-shadow:8443', 'not from Envoy')
  t.equal(host('app-shadow.example:80', envoy), 'app-shadow.example:80', 'not at the end')
  t.equal(host('-shadow', envoy), '-shadow', 'a host needs a name')
  t.equal(host('[2001:db8::1]:80', envoy), '[2001:db8::1]:80')
})

t.test('without a Host line the authority of the target is the host', async (t) => {
  t.strictSame(headersOf({ target: 'http://user@app.example:81/x' }), { host: ['app.example:81'] })
  t.strictSame(headersOf({ target: 'http://a/x', headers: [['host', 'b']] }), { host: ['b'] })
  t.strictSame(headersOf({ target: '//a/x' }), {})
})

t.test('cookies keep what Go keeps, and what it drops', async (t) => {
  t.strictSame(cookiesOf('a=1; b=2;a=3'), { a: ['1', '3'], b: ['2'] })
  t.strictSame(cookiesOf('a="1"; b="x y"; c="; d="'), { a: ['1'], b: ['x y'], c: ['"'], d: ['"'] })
  t.strictSame(cookiesOf('a=x\\y; b=é; c d=e'), { a: ['x\\y'], b: ['é'], 'c d': ['e'] })
  t.strictSame(cookiesOf('a=%41+b; b=%zz; c=%4'), { a: ['%41+b', 'A+b'], b: ['%zz'], c: ['%4'] })
  t.strictSame(cookiesOf('alone; =x; ;;'), { alone: ['alone'], '': ['x'] })
})

t.test('cookie lines add up, and there is no address without one', async (t) => {
  const walked = walk({
    headers: [
      ['cookie', 'a=1'],
      ['COOKIE', 'a=2'],
    ],
  })
  t.strictSame(addressOf(walked, 'server.request.cookies'), { a: ['1', '2'] })
  t.strictSame(addressOf(walked, 'server.request.headers.no_cookies'), {})
  t.equal(addressOf(walk({}), 'server.request.cookies'), undefined)
})

t.test('more than the 3000 cookies that Go gives up at are read', async (t) => {
  const { parts } = walk({
    headers: [['cookie', Array.from({ length: 3001 }, (_, index) => `c${index}=v`).join('; ')]],
  })
  const names = parts.flatMap((part) => Object.keys(Object(part['server.request.cookies'])))
  t.equal(new Set(names).size, 3001)
})

t.test('path segments are decoded values; an odd path is one value as well', async (t) => {
  t.strictSame(pathOf('/a/b%20c//d'), ['a', 'b c', 'd', 'a/b c//d'])
  t.strictSame(pathOf('/users/42/photo.jpg'), ['users', '42', 'photo.jpg'])
  t.strictSame(pathOf('/a+b'), ['a+b'], 'a plus is a plus in a path')
  t.strictSame(pathOf('/a/../b'), ['a', '..', 'b', 'a/../b'])
  t.strictSame(pathOf('/'), [])
  t.strictSame(pathOf('*'), ['*'])
})

t.test('a head over the budget is cut and says so', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(1)
  t.equal(walk({ target: `/?${'a=1&'.repeat(10_000)}` }, {}, budget).head.isTimedOut, true)
  t.equal(walk({ target: '/?a=1' }).head.isTimedOut, false)
})
