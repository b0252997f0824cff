import t from 'tap'
import { readEventFacts, routeOf } from '#src/store/event-facts.js'
import { eventOf } from './support/event-lines.js'

t.test('an event counts once under each rule and type', async (t) => {
  const facts = readEventFacts(JSON.stringify(eventOf({ rule: 'r-1', type: 'xss', client: '192.0.2.7' })))
  t.strictSame(facts, {
    atMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    rules: ['r-1'],
    types: ['xss'],
    route: 'GET shop.example/products',
    client: '192.0.2.7',
  })
})

t.test('a client that is not known has a name all the same', async (t) => {
  t.equal(readEventFacts(JSON.stringify(eventOf({ client: null })))?.client, 'unknown')
  t.equal(readEventFacts(JSON.stringify(eventOf({ rule: '' })))?.rules[0], 'unknown')
})

t.test('what is no event is said to be none', async (t) => {
  for (const line of ['', '{', '[]', '{"timestamp":"yesterday"}', 'null'])
    t.equal(readEventFacts(line), undefined, line)
})

t.test('a route keeps the words of a path and nothing that changes', async (t) => {
  const routes: [path: string, route: string][] = [
    ['/', 'GET h/'],
    ['', 'GET h/'],
    ['/products/17/reviews', 'GET h/products/*/reviews'],
    ['/users/550e8400-e29b-41d4-a716-446655440000', 'GET h/users/*'],
    ['/v2/decade/deadbeef', 'GET h/v2/decade/deadbeef'],
    ['/f/0123456789abcdef', 'GET h/f/*'],
    ['/a/<script>alert(1)</script>', 'GET h/a/*/script>'.replace('script>', '*')],
    [`/${'a'.repeat(32)}`, `GET h/${'a'.repeat(32)}`],
    [`/${'a'.repeat(33)}`, 'GET h/*'],
    ['/a/b/c/d/e', 'GET h/a/b/c/d/e'],
    ['/a/b/c/d/e/f', 'GET h/a/b/c/d/e/…'],
  ]
  for (const [path, route] of routes) t.equal(routeOf({ method: 'GET', host: 'h', path }), route, path)
})

t.test('a name is at most 128 characters and never half of one', async (t) => {
  t.equal(routeOf({ method: 'GET', host: 'h'.repeat(123), path: '/' }).length, 128)
  t.equal(routeOf({ method: 'GET', host: 'h'.repeat(124), path: '/' }).length, 128)
  t.ok(routeOf({ method: 'GET', host: `${'h'.repeat(123)}😀`, path: '/' }).isWellFormed())
})
