import fc from 'fast-check'
import t from 'tap'
import { isValidUtf8, sequenceLength, writeCodePoint } from '#src/request/utf8.js'

t.test('tells valid UTF-8 as TextDecoder does, and replaces as much of the rest', async () => {
  fc.assert(
    fc.property(fc.array(oddByte(), { maxLength: 24 }), (values) => {
      const bytes = Uint8Array.from(values)
      let text = ''
      for (let index = 0; index < bytes.length; ) {
        const length = sequenceLength(bytes, index, bytes.length)
        text +=
          length > 0
            ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(index, index + length))
            : '\ufffd'
        index += Math.abs(length)
      }
      const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
      return text === expected && isValidUtf8(bytes, 0, bytes.length) === Buffer.from(expected).equals(bytes)
    }),
    { numRuns: 5000, seed: 4 },
  )
})

t.test('writes code points at the edges of each length', async (t) => {
  for (const codePoint of [0, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff]) {
    const target = new Uint8Array(4)
    const length = writeCodePoint(target, 0, codePoint)
    t.equal(Buffer.from(target.subarray(0, length)).toString(), String.fromCodePoint(codePoint))
  }
})

/** Bytes that make and break sequences more often than chance would. */
function oddByte(): fc.Arbitrary<number> {
  const edges = [
    0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xee, 0xef, 0xf0,
    0xf1, 0xf4, 0xf5, 0xff,
  ]
  return fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 255 }))
}
