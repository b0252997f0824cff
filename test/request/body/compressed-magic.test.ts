import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { markedEncoding } from '#src/request/body/compressed-magic.js'

const marked = (bytes: Buffer, start = 0, end = bytes.length) => markedEncoding(bytes, start, end)

t.test('streams of every level and window are told by their mark', async (t) => {
  for (const data of [Buffer.from('text'), Buffer.alloc(70_000, 'words ')]) {
    t.equal(marked(gzipSync(data)), 'gzip')
    t.equal(marked(zstdCompressSync(data)), 'zstd')
    for (let level = 0; level <= 9; level++) t.equal(marked(deflateSync(data, { level })), 'zlib', `level ${level}`)
    for (let windowBits = 9; windowBits <= 15; windowBits++) {
      t.equal(marked(deflateSync(data, { windowBits })), 'zlib', `window ${windowBits}`)
    }
    t.equal(marked(deflateRawSync(data)), undefined, 'a raw stream has no mark')
  }
})

t.test('the mark stands at the start of the range and inside it', async (t) => {
  const stream = Buffer.concat([Buffer.from('ab'), gzipSync('text')])
  t.equal(marked(stream), undefined)
  t.equal(marked(stream, 2), 'gzip')
  t.equal(marked(stream, 2, 6), 'gzip')
  t.equal(marked(stream, 2, 5), undefined)
})

t.test('a preset dictionary, another method or a wider window is no mark', async (t) => {
  t.equal(marked(deflateSync('text', { dictionary: Buffer.from('text') })), undefined)
  t.equal(marked(Buffer.from('1f8b09000000', 'hex')), undefined)
  t.equal(marked(Buffer.from('88180000', 'hex')), undefined)
})

t.test('common beginnings of text are no mark', async (t) => {
  for (const text of [
    '{"a":1}',
    '[1,2]',
    'a=b&c=d',
    '<xml/>',
    '<?xml?>',
    '--boundary\r\n',
    'hello',
    '"text"',
    'GET /',
  ]) {
    t.equal(marked(Buffer.from(text)), undefined, text)
  }
})
