// Address ranges as texts.
import t from 'tap'
import { cidr, parseCidr } from '#src/options/kinds/cidr.js'

t.test('ranges of both IP versions', async (t) => {
  t.strictSame(parseCidr('10.0.0.0/8'), { family: 4, address: '10.0.0.0', prefixBits: 8 })
  t.strictSame(parseCidr('fd00::/8'), { family: 6, address: 'fd00::', prefixBits: 8 })
  t.strictSame(parseCidr('::ffff:10.0.0.0/104'), { family: 6, address: '::ffff:10.0.0.0', prefixBits: 104 })
})

t.test('one address is a range of one', async (t) => {
  t.equal(cidr.parse('192.0.2.1'), '192.0.2.1/32')
  t.equal(cidr.parse('::1'), '::1/128')
})

t.test('the longest prefix is accepted, one bit more is not', async (t) => {
  t.equal(cidr.parse('0.0.0.0/0'), '0.0.0.0/0')
  t.equal(cidr.parse('192.0.2.1/32'), '192.0.2.1/32')
  t.equal(cidr.parse('192.0.2.1/33'), undefined)
  t.equal(cidr.parse('::1/128'), '::1/128')
  t.equal(cidr.parse('::1/129'), undefined)
})

t.test('everything else is no range', async (t) => {
  for (const text of [
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0/8',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
    'host',
    '10.0.0.0 /8',
  ]) {
    t.equal(cidr.parse(text), undefined, JSON.stringify(text))
  }
})
