// Peers as text, and which of them may connect.
import { Socket } from 'node:net'
import t from 'tap'
import { createPeerCheck, PeerBytes, peerAddressOf } from '#src/listener/peer-address.js'

t.test('an IPv4 peer of a dual-stack socket is shown as IPv4', async (t) => {
  const shown = (remoteAddress: string | undefined): string =>
    peerAddressOf(Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress }))
  t.equal(shown('::ffff:192.0.2.1'), '192.0.2.1')
  t.equal(shown('192.0.2.1'), '192.0.2.1')
  t.equal(shown('2001:db8::1'), '2001:db8::1')
  t.equal(shown('::ffff:c000:201'), '::ffff:c000:201', 'not how a system writes it')
  t.equal(shown(undefined), '')
})

t.test('an address has its bytes made once, until there are too many', async (t) => {
  const peers = new PeerBytes()
  const first = peers.of('192.0.2.1')
  t.equal(first.toString(), '192.0.2.1')
  t.equal(peers.of('').length, 0)
  for (let index = 0; index < 254; index += 1) peers.of(`198.51.100.${index}`)
  t.equal(peers.of('192.0.2.1'), first, 'the 256th address has room')
  peers.of('2001:db8::1')
  t.not(peers.of('192.0.2.1'), first, 'the 257th begins anew')
  t.equal(peers.of('192.0.2.1').toString(), '192.0.2.1')
})

t.test('no ranges let everybody in', async (t) => {
  t.ok(createPeerCheck([])('192.0.2.1'))
})

t.test('ranges: first and last address in, the neighbours out', async (t) => {
  const isAllowed = createPeerCheck(['192.0.2.16/28', '198.51.100.7', '2001:db8:1::/48', '::1'])
  const inside = ['192.0.2.16', '192.0.2.31', '198.51.100.7', '2001:db8:1::', '2001:db8:1:ffff:ffff::', '::1', '']
  const outside = ['192.0.2.15', '192.0.2.32', '198.51.100.8', '2001:db8:2::', '2001:db8:0:ffff::', '::2']
  t.same(
    inside.filter((address) => !isAllowed(address)),
    [],
  )
  t.same(
    outside.filter((address) => isAllowed(address)),
    [],
  )
})
