import { readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { checkConfigs } from '#src/doctor/config/check-configs.js'
import { repositoryRoot } from '../../source/support/source-files.js'

/** The findings of a recipe with some texts replaced, as `severity code`. */
async function check(
  t: Test,
  changes: Readonly<Record<string, string>>,
  recipe = 'nginx.conf',
): Promise<readonly string[]> {
  let text = readFileSync(`${repositoryRoot}/deploy/nginx/${recipe}`, 'utf8')
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`${recipe} does not hold ${from}`)
    text = text.replaceAll(from, to)
  }
  return checkText(t, text)
}

async function checkText(t: Test, text: string): Promise<readonly string[]> {
  const path = `${t.testdir({})}/nginx.conf`
  writeFileSync(path, text)
  return (await checkConfigs([path])).map(({ severity, code }) => `${severity} ${code}`)
}

t.test('the recipe has no finding', async (t) => {
  t.strictSame(await check(t, {}), [])
})

t.test('the minimal recipe: connections and waiting', async (t) => {
  t.strictSame(await check(t, {}, 'nginx-minimal.conf'), [
    'warning connection-per-copy',
    'warning slow-receiver-holds-clients',
  ])
})

t.test('headers that are missing, or name nginx itself', async (t) => {
  const client = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'
  t.strictSame(await check(t, { [client]: '' }), ['serious client-address-missing'])
  t.strictSame(await check(t, { 'proxy_set_header Host $http_host;': '' }), ['warning host-changed'])
  const toAddress = {
    'proxy_set_header Host $http_host;': '',
    'http://mirrorwaf$request_uri': 'http://10.0.0.1:8080$request_uri',
  }
  t.ok((await check(t, toAddress)).includes('warning host-numeric'))
})

t.test('headers are inherited from outside only where the location has none of its own', async (t) => {
  const inherited =
    'proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header Connection "";'
  const location =
    'proxy_pass http://m$request_uri; proxy_http_version 1.1; proxy_connect_timeout 1s; proxy_read_timeout 1s;'
  const config = (own: string): string =>
    `http { upstream m { server 10.0.0.1; keepalive 8; } server { ${inherited} mirror /m; location = /m { internal; ${location} ${own} } } }`
  t.strictSame(await checkText(t, config('')), [])
  t.ok((await checkText(t, config('proxy_set_header X-A b;'))).includes('serious client-address-missing'))
})

t.test('one second of waiting is let through, more is not', async (t) => {
  t.strictSame(await check(t, { 'proxy_read_timeout 200ms': 'proxy_read_timeout 1s' }), [])
  t.strictSame(await check(t, { 'proxy_read_timeout 200ms': 'proxy_read_timeout 1001ms' }), [
    'warning slow-receiver-holds-clients',
  ])
  t.strictSame(await check(t, { 'proxy_connect_timeout 100ms;': '' }), ['warning slow-receiver-holds-clients'])
})

t.test('several servers, or a name, that a failed copy takes out of use', async (t) => {
  const servers = (text: string) => ({ 'server 127.0.0.1:8080 max_fails=0;': text, 'proxy_next_upstream off;': '' })
  const both = ['warning early-close-loses-copies', 'warning duplicate-copies']
  t.strictSame(await check(t, servers('server 10.0.0.1:80; server 10.0.0.2:80;')), both)
  t.strictSame(await check(t, servers('server 10.0.0.1:80 max_fails=0; server 10.0.0.2:80 max_fails=0;')), [both[1]])
  t.strictSame(await check(t, servers('server waf.internal:80;')), [both[0]])
  t.strictSame(await check(t, servers('server 10.0.0.1:80;')), [])
})

t.test('bodies and targets that are not the client’s', async (t) => {
  t.strictSame(await check(t, { 'mirror_request_body on': 'mirror_request_body off' }), ['serious body-cut'])
  t.strictSame(await check(t, { 'http://mirrorwaf$request_uri': 'http://mirrorwaf' }), ['serious target-changed'])
  t.strictSame(await check(t, { 'http://mirrorwaf$request_uri': 'http://mirrorwaf$uri' }), ['warning target-changed'])
})

t.test('a mirror that leads nowhere, or is open to clients, or is none', async (t) => {
  t.strictSame(await check(t, { 'mirror /.mirrorwaf;': 'mirror /elsewhere;' }), ['serious mirror-target-missing'])
  t.strictSame(await check(t, { 'internal;': '' }), ['warning mirror-location-public'])
  t.strictSame(await check(t, { 'mirror /.mirrorwaf;': '' }), ['serious nothing-mirrored'])
  t.strictSame(await check(t, { 'mirror /.mirrorwaf;': 'mirror off;' }), ['serious nothing-mirrored'])
})

t.test('a file of conf.d is checked without the http block around it', async (t) => {
  t.strictSame(await checkText(t, 'server { listen 80; }'), ['serious nothing-mirrored'])
})

t.test('a finding names the line to change', async (t) => {
  const path = `${t.testdir({})}/nginx.conf`
  writeFileSync(path, 'http {\nserver {\nmirror /m;\nlocation = /m { internal;\nproxy_pass http://10.0.0.1;\n} } }')
  t.ok((await checkConfigs([path])).every(({ place }) => place === `${path}:5`))
})
