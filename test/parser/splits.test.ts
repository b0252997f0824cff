// However a stream is cut into chunks, the same requests come out of it.
import t from 'tap'
import { inputLimitBytes } from '#src/parser/llhttp.js'
import { corpus } from './support/corpus.js'
import { cutAt, cutEvery, type Reading, readChunks } from './support/reading.js'

for (const [name, text] of Object.entries(corpus)) {
  t.test(`${name}: cut anywhere, it reads as it does whole`, async (t) => {
    const bytes = Buffer.from(text, 'latin1')
    const whole = readChunks([bytes])
    t.ok(whole.items.length > 0 || whole.end.startsWith('foreign'), 'something comes of it')
    for (let position = 1; position < bytes.length; position += 1) {
      const cut = readChunks(cutAt(bytes, position))
      if (isEqual(cut, whole)) continue
      t.same(cut, whole, `cut at ${position}`)
      return
    }
    for (const size of [1, 2, 3, 7]) t.same(essence(readChunks(cutEvery(bytes, size))), essence(whole), `by ${size}`)
  })
}

t.test('3,000 requests in one chunk, longer than the parser takes at once', async (t) => {
  const request = Buffer.from('POST /many HTTP/1.1\r\nContent-Length: 2\r\n\r\nok')
  const bytes = Buffer.concat(Array.from({ length: 3000 }, () => request))
  const whole = readChunks([bytes])
  t.ok(bytes.length > 2 * inputLimitBytes)
  t.equal(whole.items.length, 3000)
  t.same(readChunks(cutEvery(bytes, 1000)), whole)
})

/** Without what may differ: a client that waits for `100 Continue` gets one only when it does wait. */
function essence(reading: Reading): Reading {
  return { ...reading, items: reading.items.filter((item) => item !== 'continue') }
}

/** Comparing text is faster than tap's comparison, thousands of times. */
function isEqual(one: Reading, other: Reading): boolean {
  return JSON.stringify(essence(one)) === JSON.stringify(essence(other))
}
