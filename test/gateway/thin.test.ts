// Seed 003.17 and 003.18: a thin layer, without the mistakes of the text it was built after.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { dropHopByHop } from '#src/gateway/headers.js'
import { formatRoute, parseRoute } from '#src/gateway/route.js'
import { readImports } from '../source/support/import-lines.js'
import { readSourceFiles, readText } from '../source/support/source-files.js'

t.test('003.17 the core knows nothing of the door: its checks are optional', async (t) => {
  const core = ['exchange', 'upstream', 'router', 'route', 'headers', 'request-body', 'forwarded-request', 'mirror']
  const files = readSourceFiles('src').filter(({ path }) => core.some((name) => path === `gateway/${name}.ts`))
  t.equal(files.length, core.length)
  for (const { path, text } of files) {
    t.notOk(
      readImports(text).some(({ specifier }) => specifier.includes('door/')),
      path,
    )
  }
})

t.test('003.17 the docs say when to use what', async (t) => {
  t.match(readText('deploy/gateway/README.md'), /## When to use what[\s\S]*\| *take/)
})

t.test('003.18 a backend is a whole origin, never a scheme inside a host; a path in it is refused', async (t) => {
  t.equal(parseRoute('/=http://localhost:8081')?.origin, 'http://localhost:8081')
  t.equal(parseRoute('/=https://backend.example')?.origin, 'https://backend.example')
  for (const text of [
    '/=localhost:8081',
    '/=http://http://a',
    '/=http://a/path',
    '/=http://a?x',
    '/=http://u:p@a',
    '/=ftp://a',
  ]) {
    t.equal(parseRoute(text), undefined, text)
  }
})

t.test('003.18 Host is no hop-by-hop header', async (t) => {
  t.strictSame(dropHopByHop(['Host', 'a', 'Connection', 'close']), ['Host', 'a'])
})

t.test('routes are read and written alike; what is none is refused', async (t) => {
  for (const text of ['/users/=http://127.0.0.1:9001', '/=', 'shop.example/a=http://b', '[::1]/=http://[::1]:80']) {
    const route = parseRoute(text)
    t.ok(route, text)
    if (route !== undefined) t.same(parseRoute(formatRoute(route)), route, text)
  }
  t.match(parseRoute('/soon/'), { path: '/soon/', origin: undefined })
  t.match(parseRoute('Shop.Example/=http://b'), { host: 'shop.example' })
  for (const text of [
    '',
    'users',
    'users/ x=http://a',
    '/a?b=http://c',
    '/a#=http://c',
    '/a=b=http://c',
    'a:80/=http://b',
    '/=http://a:0',
  ]) {
    t.equal(parseRoute(text), undefined, text)
  }
})

t.test('the example configuration is accepted', async (t) => {
  const text = readFileSync(new URL('../../../deploy/gateway/gateway.yaml', import.meta.url), 'utf8')
  const { parseConfigFile } = await import('#src/options/config-file.js')
  const { resolveTable, assertKnownKeys } = await import('#src/options/resolve.js')
  const { checkGatewayOptions, gatewayTable } = await import('#src/gateway/gateway-options.js')
  const file = parseConfigFile('gateway.yaml', text)
  assertKnownKeys(gatewayTable, file, 'gateway')
  const sources = { flags: new Map<string, string[]>(), environment: {}, file }
  const { options } = resolveTable(gatewayTable, sources, new Set(['command']))
  checkGatewayOptions(options)
  t.equal(options.routes.length, 2)
})
