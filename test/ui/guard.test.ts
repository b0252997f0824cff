import t from 'tap'
import { contentSecurityPolicy, type GuardedRequest, isLoopback, refuse } from '#src/ui/guard.js'

const fine: GuardedRequest = {
  method: 'GET',
  host: '127.0.0.1:8082',
  origin: undefined,
  fetchSite: undefined,
  path: '/api/events',
}

function statusOf(changes: Partial<GuardedRequest>, hosts: readonly string[] = []): number {
  return refuse({ ...fine, ...changes }, new Set(hosts))?.status ?? 200
}

t.test('addresses and localhost may be asked for, other names only when they were named', async (t) => {
  const cases: [host: string | undefined, status: number][] = [
    ['127.0.0.1:8082', 200],
    ['127.0.0.1', 200],
    ['[::1]:8082', 200],
    ['10.1.2.3:9', 200],
    ['localhost:8082', 200],
    ['LOCALHOST', 200],
    ['waf.example:8082', 200],
    ['evil.example:8082', 421],
    ['waf.example.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example', 421],
    ['waf.example@evil.example', 400],
    ['', 400],
    [undefined, 400],
    ['a b', 400],
    ['waf.example:123456', 400],
  ]
  for (const [host, status] of cases) t.equal(statusOf({ host }, ['waf.example']), status, String(host))
})

t.test('pages of other origins get nothing', async (t) => {
  const cases: [changes: Partial<GuardedRequest>, status: number][] = [
    [{ origin: 'http://127.0.0.1:8082' }, 200],
    [{ origin: 'http://127.0.0.1:8083' }, 403],
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ fetchSite: 'same-origin' }, 200],
    [{ fetchSite: 'none' }, 200],
    [{ fetchSite: 'cross-site' }, 403],
    [{ fetchSite: 'cross-site', path: '/' }, 200],
  ]
  for (const [changes, status] of cases) t.equal(statusOf(changes), status, JSON.stringify(changes))
})

t.test('nothing but the login can be posted', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) t.equal(statusOf({ method }), 405, method)
  t.equal(statusOf({ method: 'HEAD' }), 200)
  t.equal(statusOf({ method: 'POST', path: '/login' }), 200)
  for (const method of ['GET', 'HEAD']) t.equal(statusOf({ method, path: '/login' }), 405, `${method} is no login`)
})

t.test('the policy allows nothing inline and nothing from elsewhere', async (t) => {
  t.notMatch(contentSecurityPolicy, /unsafe|https?:|\*|data:|blob:/)
  for (const directive of ["default-src 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"]) {
    t.match(contentSecurityPolicy, directive)
  }
})

t.test('only this machine reaches a loopback address', async (t) => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) t.equal(isLoopback(host), true, host)
  for (const host of ['::', '0.0.0.0', '10.0.0.1', '127.0.0.1.example', 'localhost.example']) {
    t.equal(isLoopback(host), false, host)
  }
})
