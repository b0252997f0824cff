// Sizes as texts.
import t from 'tap'
import { formatSize, parseSize, size } from '#src/options/kinds/size.js'

t.test('bytes, and numbers with binary or decimal suffixes', async (t) => {
  const readings: [string, number][] = [
    ['0', 0],
    ['1000', 1000],
    ['10B', 10],
    ['64KiB', 65_536],
    ['64 KiB', 65_536],
    ['64kib', 65_536],
    ['1MiB', 1_048_576],
    ['2GiB', 2_147_483_648],
    ['1KB', 1000],
    ['1MB', 1_000_000],
    ['1GB', 1_000_000_000],
  ]
  for (const [text, bytes] of readings) t.equal(parseSize(text), bytes, text)
})

t.test('everything else is no size', async (t) => {
  for (const text of ['', '-1', '1.5MiB', '64k', '64K', '1TiB', 'KiB', '1  KiB', '1KiB ', '0x10', '1e3']) {
    t.equal(parseSize(text), undefined, JSON.stringify(text))
  }
})

t.test('what is written is read back as the same value', async (t) => {
  for (const bytes of [0, 1, 1000, 1024, 65_536, 65_537, 10 * 2 ** 20, 2 ** 30]) {
    t.equal(parseSize(formatSize(bytes)), bytes, formatSize(bytes))
  }
  t.equal(formatSize(65_536), '64KiB')
  t.equal(formatSize(65_537), '65537')
})

t.test('bounds are accepted, one byte beyond is not', async (t) => {
  const kind = size({ minBytes: 256, maxBytes: 1024 })
  t.equal(kind.parse('256'), 256)
  t.equal(kind.parse('255'), undefined)
  t.equal(kind.parse('1KiB'), 1024)
  t.equal(kind.parse('1025'), undefined)
  t.equal(kind.check(1024), 1024)
  for (const value of [255, 1025, 300.5, '300']) t.equal(kind.check(value), undefined, String(value))
})
