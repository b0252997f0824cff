import t from 'tap'
import { makeRecord } from '#src/batch/make-record.js'
import { clientChain } from '#src/request/client-ip.js'
import type { WalkOptions } from '#src/request/walk-settings.js'
import { addressOf, walk } from './support/walk.js'

type Headers = [string, string][]

function clientIp(headers: Headers, peer: string, options: Partial<WalkOptions> = {}): unknown {
  return addressOf(walk({ headers, peer }, options), 'http.client_ip')
}

t.test('the first global address over all headers in order wins', async (t) => {
  t.equal(clientIp([['X-Forwarded-For', '10.0.0.1, 8.8.8.8, 9.9.9.9']], '192.0.2.1'), '8.8.8.8')
  t.equal(
    clientIp(
      [
        ['x-real-ip', '9.9.9.9'],
        ['x-forwarded-for', '10.0.0.1'],
      ],
      '10.1.1.1',
    ),
    '9.9.9.9',
  )
  t.equal(
    clientIp(
      [
        ['x-real-ip', '9.9.9.9'],
        ['x-forwarded-for', '8.8.8.8'],
      ],
      '10.1.1.1',
    ),
    '8.8.8.8',
  )
  t.equal(
    clientIp(
      [
        ['x-forwarded-for', '10.0.0.1'],
        ['x-forwarded-for', '8.8.8.8:1234'],
      ],
      '10.1.1.1',
    ),
    '8.8.8.8',
  )
})

t.test('each of the ten headers counts, others do not', async (t) => {
  const names = [
    'x-forwarded-for',
    'x-real-ip',
    'true-client-ip',
    'x-client-ip',
    'forwarded-for',
    'x-cluster-client-ip',
    'fastly-client-ip',
    'cf-connecting-ip',
    'cf-connecting-ipv6',
  ]
  for (const name of names) t.equal(clientIp([[name, '8.8.8.8']], '10.1.1.1'), '8.8.8.8', name)
  t.equal(clientIp([['forwarded', 'for=8.8.8.8']], '10.1.1.1'), '8.8.8.8')
  t.equal(clientIp([['x-forwarded', '8.8.8.8']], '10.1.1.1'), '10.1.1.1')
})

t.test('without a global one the first valid address stands against the peer', async (t) => {
  t.equal(clientIp([['x-forwarded-for', 'junk, 10.0.0.1, 10.0.0.2']], '10.1.1.1'), '10.0.0.1')
  t.equal(clientIp([['x-forwarded-for', '10.0.0.1']], '8.8.8.8'), '8.8.8.8', 'a private one loses to a public peer')
  t.equal(clientIp([['x-forwarded-for', 'unknown']], '10.1.1.1'), '10.1.1.1')
  t.equal(clientIp([], '8.8.8.8'), '8.8.8.8')
})

t.test('a unix socket has no peer', async (t) => {
  t.equal(clientIp([], ''), undefined)
  t.equal(clientIp([['x-forwarded-for', '10.0.0.1']], ''), '10.0.0.1')
})

t.test('Forwarded is read strictly: one error drops the line', async (t) => {
  const forwarded = (value: string) => clientIp([['Forwarded', value]], '10.1.1.1')
  t.equal(forwarded('for=8.8.8.8;proto=https;by=10.0.0.2'), '8.8.8.8')
  t.equal(forwarded('proto=https; FOR="8.8.8.8:80"'), '8.8.8.8')
  t.equal(forwarded('for="[2001:db8::1]:80"'), '2001:db8::1')
  t.equal(forwarded('for=[2001:db8::1]'), '2001:db8::1')
  t.equal(forwarded('for=unknown, for=8.8.8.8'), '8.8.8.8')
  t.equal(forwarded('for=8.8.8.8, for'), '10.1.1.1')
  t.equal(forwarded('for=8.8.8.8 x'), '10.1.1.1')
  t.equal(forwarded('for="8.8.8.8'), '10.1.1.1')
  t.equal(forwarded('=8.8.8.8'), '10.1.1.1')
  t.equal(forwarded('forx=8.8.8.8'), '10.1.1.1')
  t.equal(
    clientIp(
      [
        ['forwarded', 'for=8.8.8.8 x'],
        ['forwarded', 'for=9.9.9.9'],
      ],
      '10.1.1.1',
    ),
    '9.9.9.9',
  )
})

t.test('a configured header replaces the list, and the peer stays the fallback', async (t) => {
  const options = { clientIpHeader: 'X-Mine' }
  t.equal(
    clientIp(
      [
        ['x-mine', '8.8.8.8'],
        ['x-forwarded-for', '9.9.9.9'],
      ],
      '10.1.1.1',
      options,
    ),
    '8.8.8.8',
  )
  t.equal(clientIp([['x-forwarded-for', '9.9.9.9']], '10.1.1.1', options), '10.1.1.1')
})

t.test('trusted hops count from the peer backwards', async (t) => {
  const chain: Headers = [['x-forwarded-for', '1.1.1.1, 2.2.2.2, 3.3.3.3']]
  t.equal(clientIp(chain, '10.1.1.1', { trustedHops: 1 }), '3.3.3.3')
  t.equal(clientIp(chain, '10.1.1.1', { trustedHops: 2 }), '2.2.2.2')
  t.equal(clientIp(chain, '10.1.1.1', { trustedHops: 3 }), '1.1.1.1')
  t.equal(clientIp(chain, '10.1.1.1', { trustedHops: 9 }), '1.1.1.1', 'the farthest one')
  t.equal(clientIp([], '10.1.1.1', { trustedHops: 1 }), '10.1.1.1')
  t.equal(
    clientIp([['x-forwarded-for', '192.0.2.2,192.0.2.2']], '10.1.1.1', { trustedHops: 2 }),
    '192.0.2.2',
    'Envoy adds one',
  )
  t.equal(
    clientIp(
      [
        ['x-forwarded-for', '1.1.1.1'],
        ['x-forwarded-for', '2.2.2.2'],
      ],
      '10.1.1.1',
      { trustedHops: 1 },
    ),
    '2.2.2.2',
  )
})

t.test('entries of trusted networks are skipped, forged ones before them are not reached', async (t) => {
  const options = { trustedProxies: ['10.0.0.0/8', '2001:db8::/32'] }
  t.equal(clientIp([['x-forwarded-for', '6.6.6.6, 8.8.8.8, 10.2.2.2']], '10.1.1.1', options), '8.8.8.8')
  t.equal(clientIp([['x-forwarded-for', '6.6.6.6']], '8.8.8.8', options), '8.8.8.8', 'the peer is no trusted proxy')
  t.equal(
    clientIp([['x-forwarded-for', '8.8.8.8, junk, 10.2.2.2']], '10.1.1.1', options),
    '10.2.2.2',
    'the walk ends at junk',
  )
  t.equal(clientIp([['forwarded', 'for=6.6.6.6, for=8.8.8.8, for="[2001:db8::9]"']], '10.1.1.1', options), '8.8.8.8')
  t.equal(
    clientIp([['x-forwarded-for', '192.168.0.9, 10.2.2.2']], '10.1.1.1', options),
    '192.168.0.9',
    'private clients count',
  )
})

t.test('the chain for events is bounded and ends with the peer', async (t) => {
  const chain = (headers: Headers, peer = '10.1.1.1') => clientChain(makeRecord({ headers, peer }))
  t.strictSame(
    chain([
      ['x-forwarded-for', 'a, 8.8.8.8'],
      ['x-forwarded-for', ' 9.9.9.9'],
    ]),
    ['a', '8.8.8.8', '9.9.9.9', '10.1.1.1'],
  )
  t.strictSame(chain([['forwarded', 'for=8.8.8.8;by=x, for=9.9.9.9']]), ['for=8.8.8.8;by=x', 'for=9.9.9.9', '10.1.1.1'])
  t.strictSame(chain([], ''), [])
  t.equal(chain([['x-forwarded-for', Array.from({ length: 40 }, () => '8.8.8.8').join(',')]]).length, 32 + 1)
  t.equal(chain([['x-forwarded-for', 'x'.repeat(200)]])[0]?.length, 80)
})
