import { isIP } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import t from 'tap'
import { IpAddress, IpNetwork } from '#src/request/ip-address.js'

const read = (text: string) => {
  const address = new IpAddress()
  const bytes = Buffer.from(text, 'latin1')
  return address.read(bytes, 0, bytes.length) ? address : undefined
}
const readWithPort = (text: string) => {
  const address = new IpAddress()
  const bytes = Buffer.from(text, 'latin1')
  return address.readWithPort(bytes, 0, bytes.length) ? address.toString() : undefined
}

t.test('reads and writes what Go does', async (t) => {
  const same = [
    '1.2.3.4',
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '1:2:3:4:5:6:7:8',
    '1:0:0:2::3',
  ]
  for (const text of same) t.equal(read(text)?.toString(), text)
  t.equal(read('2001:DB8:0:0:0:0:0:1')?.toString(), '2001:db8::1')
  t.equal(read('1:2:3:4:5:6:7::')?.toString(), '1:2:3:4:5:6:7:0')
  t.equal(read('::ffff:1.2.3.4')?.toString(), '1.2.3.4', 'mapped addresses are IPv4')
  t.equal(read('::FFFF:102:304')?.toString(), '1.2.3.4')
  t.equal(read('64:ff9b::1.2.3.4')?.toString(), '64:ff9b::102:304')
  t.equal(read('fe80::1%eth0')?.toString(), 'fe80::1', 'a zone is dropped')
})

t.test('refuses what Go refuses', async (t) => {
  const wrong = [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '0x1.2.3.4',
    ' 1.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8:',
    ':1:2:3:4:5:6:7',
    '::g',
    '1.2.3.4::',
    '::1.2.3',
    '::1%',
    'x',
  ]
  for (const text of wrong) t.equal(read(text), undefined, text)
})

t.test('takes ports as Go splits them off, and brackets without one', async (t) => {
  t.equal(readWithPort('1.2.3.4:80'), '1.2.3.4')
  t.equal(readWithPort('1.2.3.4:'), '1.2.3.4')
  t.equal(readWithPort('[::1]:80'), '::1')
  t.equal(readWithPort('[::1]'), '::1')
  t.equal(readWithPort('[::1]x'), undefined)
  t.equal(readWithPort('[::1'), undefined)
  t.equal(readWithPort('1.2.3.4:80:90'), undefined)
  t.equal(readWithPort(':80'), undefined)
})

t.test('agrees with node:net on what is an address and with URL on its text', async () => {
  const group = fc.string({ unit: fc.constantFrom('0', '1', 'a', 'F', '9'), minLength: 1, maxLength: 5 })
  const separator = fc.constantFrom(':', '::', '.', ':')
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.array(fc.tuple(group, separator), { maxLength: 9 }).map((pairs) => pairs.flat().join('')),
    fc.string({ unit: fc.constantFrom('0', '1', '2', '5', '.', ':', 'f'), maxLength: 16 }),
  )
  fc.assert(
    fc.property(text, (candidate) => {
      const address = read(candidate)
      if (address === undefined) return isIP(candidate) === 0
      return isIP(candidate) !== 0 && canonical(address.toString()) === canonical(candidate)
    }),
    { numRuns: 10_000, seed: 4 },
  )
})

t.test('knows which addresses are global, to the edges', async (t) => {
  const local = [
    '10.0.0.0',
    '10.255.255.255',
    '127.0.0.1',
    '172.16.0.0',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.1.1',
    '100.64.0.0',
    '100.127.255.255',
    '::1',
    'fc00::',
    'fdff::1',
    'fe80::1',
    'febf::',
    'fec0::1',
    'feff::',
    '::ffff:10.0.0.1',
  ]
  const global = [
    '9.255.255.255',
    '11.0.0.0',
    '126.0.0.1',
    '128.0.0.1',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '169.253.0.1',
    '::',
    '::2',
    'fbff::',
    'fe00::',
    '2001:db8::1',
    'ff02::1',
    '::ffff:8.8.8.8',
  ]
  for (const text of local) t.equal(read(text)?.isGlobal, false, text)
  for (const text of global) t.equal(read(text)?.isGlobal, true, text)
})

t.test('networks contain what ipaddr.js says', async (t) => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), (base, prefix, candidate) => {
      const address = read(candidate)
      if (address === undefined) return false
      return (
        IpNetwork.parse(`${base}/${prefix}`)?.contains(address) ===
        ipaddr.parse(candidate).match(ipaddr.parse(base), prefix)
      )
    }),
    { numRuns: 2000, seed: 4 },
  )
  const inside = (network: string, address: string) =>
    IpNetwork.parse(network)?.contains(read(address) ?? new IpAddress())
  t.equal(inside('2001:db8::/33', '2001:db8:7fff::1'), true)
  t.equal(inside('2001:db8::/33', '2001:db8:8000::1'), false)
  t.equal(inside('10.0.0.0/8', '2001:db8::1'), false)
  t.equal(inside('::/0', '10.0.0.1'), false, 'IPv4 is no part of ::/0')
  t.equal(inside('::ffff:10.0.0.0/8', '10.9.9.9'), true)
  t.equal(inside('10.0.0.1', '10.0.0.1'), true)
})

t.test('refuses what is no network', async (t) => {
  for (const text of ['', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8x', 'x/8', '10/8']) {
    t.equal(IpNetwork.parse(text), undefined, text)
  }
})

/** Both families as a URL writes IPv6, IPv4 as mapped. */
function canonical(text: string): string {
  return new URL(`http://[${text.includes(':') ? text : `::ffff:${text}`}]/`).hostname
}
