// Seed 003: one door, several services; which request goes where.
import t from 'tap'
import { get, parseEcho, startEcho } from './support/backend.js'
import { startTestGateway } from './support/gateway.js'

t.test('003.1 one entry point routes by path to several services', async (t) => {
  const [users, orders] = [await startEcho(t, 'users'), await startEcho(t, 'orders')]
  const { port } = await startTestGateway(t, { routes: [`/users/=${users.origin}`, `/orders/=${orders.origin}`] })
  t.equal(parseEcho(await get(port, '/users/1')).name, 'users')
  t.equal(parseEcho(await get(port, '/orders/1')).name, 'orders')
})

t.test('003.2 a slash at the end is the subtree, without one the path itself alone', async (t) => {
  const [tree, leaf] = [await startEcho(t, 'tree'), await startEcho(t, 'leaf')]
  const { port } = await startTestGateway(t, { routes: [`/users/=${tree.origin}`, `/orders=${leaf.origin}`] })
  t.equal((await get(port, '/users/123')).status, 200)
  t.equal((await get(port, '/users/')).status, 200)
  t.equal((await get(port, '/users')).status, 404)
  t.equal((await get(port, '/orders?x=1')).status, 200)
  t.equal((await get(port, '/orders/1')).status, 404)
})

t.test('003.3 the longest path wins, whatever the order of the routes', async (t) => {
  const [users, profile] = [await startEcho(t, 'users'), await startEcho(t, 'profile')]
  const routes = [`/users/=${users.origin}`, `/users/profile=${profile.origin}`, `/=${users.origin}`]
  for (const ordered of [routes, routes.toReversed()]) {
    const { port } = await startTestGateway(t, { routes: ordered })
    t.equal(parseEcho(await get(port, '/users/profile')).name, 'profile')
    t.equal(parseEcho(await get(port, '/users/profile2')).name, 'users')
  }
})

t.test('a route with a host wins over any host; ports and case do not matter', async (t) => {
  const [any, shop] = [await startEcho(t, 'any'), await startEcho(t, 'shop')]
  const { port } = await startTestGateway(t, {
    routes: [`/a/long/path/=${any.origin}`, `shop.example/=${shop.origin}`],
  })
  t.equal(parseEcho(await get(port, '/a/long/path/x', 'Host: SHOP.example:8000')).name, 'shop')
  t.equal(parseEcho(await get(port, '/a/long/path/x', 'Host: other.example')).name, 'any')
  t.equal(parseEcho(await get(port, 'http://shop.example/', 'Host: other.example')).name, 'shop')
})

t.test('003.4 no route is 404, a route without a backend 501', async (t) => {
  const { port } = await startTestGateway(t, { routes: ['/soon/='] })
  t.equal((await get(port, '/nothing')).status, 404)
  t.equal((await get(port, '/soon/x')).status, 501)
})

t.test('003.14 each of many routes keeps its own backend', async (t) => {
  const names = Array.from({ length: 8 }, (_, index) => `service${index}`)
  const backends = await Promise.all(names.map((name) => startEcho(t, name)))
  const { port } = await startTestGateway(t, {
    routes: backends.map(({ origin }, index) => `/${names[index]}/=${origin}`),
  })
  const answers = await Promise.all(names.map(async (name) => parseEcho(await get(port, `/${name}/`)).name))
  t.strictSame(answers, names)
})

t.test('what is no request for a backend is 400', async (t) => {
  const echo = await startEcho(t)
  const { port, metric } = await startTestGateway(t, { routes: [`/=${echo.origin}`] })
  t.equal((await get(port, '/', 'Host: a', 'Host: b')).status, 400)
  t.equal((await get(port, '*')).status, 400)
  t.equal((await get(port, '/ x y')).status, 400)
  t.equal(await metric('mirrorwaf_gateway_refusals_total', 'bad_request'), 3)
})
