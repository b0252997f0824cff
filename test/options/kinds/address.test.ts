// Listening addresses as texts.
import t from 'tap'
import { address, addressOrOff, formatAddress, parseAddress, unixPathLimitBytes } from '#src/options/kinds/address.js'

t.test('host and port', async (t) => {
  t.strictSame(parseAddress('127.0.0.1:8080'), { kind: 'tcp', host: '127.0.0.1', port: 8080 })
  t.strictSame(parseAddress('localhost:0'), { kind: 'tcp', host: 'localhost', port: 0 })
  t.strictSame(parseAddress('my-host.example_1:65535'), { kind: 'tcp', host: 'my-host.example_1', port: 65_535 })
})

t.test('a port alone, as Go writes it, is every address of both IP versions', async (t) => {
  t.strictSame(parseAddress(':8080'), { kind: 'tcp', host: '::', port: 8080 })
  t.equal(address.parse(':8080'), '[::]:8080')
})

t.test('IPv6 in brackets', async (t) => {
  t.strictSame(parseAddress('[::1]:80'), { kind: 'tcp', host: '::1', port: 80 })
  t.equal(address.parse('[::1]:80'), '[::1]:80')
})

t.test('a unix socket, up to the longest path that Linux takes', async (t) => {
  t.strictSame(parseAddress('unix:/run/w.sock'), { kind: 'unix', path: '/run/w.sock' })
  t.strictSame(parseAddress('unix:./w:1.sock'), { kind: 'unix', path: './w:1.sock' })
  const longest = `/${'a'.repeat(unixPathLimitBytes - 1)}`
  t.equal(address.parse(`unix:${longest}`), `unix:${longest}`)
  t.equal(address.parse(`unix:${longest}a`), undefined)
  t.equal(address.parse(`unix:${'é'.repeat(54)}`), undefined, 'counted in bytes')
})

t.test('everything else is no address', async (t) => {
  const texts = [
    '',
    '8080',
    'host',
    'host:',
    ':65536',
    ':100000',
    ':-1',
    ':80a',
    '::1:80',
    '[::1]',
    '[nope]:80',
    '[127.0.0.1]:80',
    '[]:80',
    '999.1.1.1:80',
    '1.2.3:80',
    '-host:80',
    'ho st:80',
    'http://x:80',
    'unix:',
    'unix:/a\0b',
    ' :80',
    'off',
  ]
  for (const text of texts) t.equal(parseAddress(text), undefined, JSON.stringify(text))
})

t.test('what is written is read back as the same address', async (t) => {
  for (const text of ['[::]:8080', '127.0.0.1:0', 'localhost:1', 'unix:/a b']) {
    const parsed = parseAddress(text)
    t.ok(parsed)
    if (parsed !== undefined) t.equal(formatAddress(parsed), text)
  }
})

t.test('off only where an address may be missing', async (t) => {
  t.equal(addressOrOff.parse('off'), 'off')
  t.equal(addressOrOff.parse(':1'), '[::]:1')
  t.equal(addressOrOff.check('off'), 'off')
  t.equal(addressOrOff.check(8081), undefined)
  t.equal(address.parse('off'), undefined)
})
