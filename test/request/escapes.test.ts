// Decoding block by block must give what decoding in one go gives, wherever the blocks end.
import fc from 'fast-check'
import t from 'tap'
import { jsonEscapes } from '#src/request/body/json-string.js'
import { xmlEscapes } from '#src/request/body/xml-entities.js'
import type { Escapes } from '#src/request/escapes.js'
import { formEscapes, percentEscapes } from '#src/request/percent-decoding.js'

/** The least a block may have. */
const blockBytes = 64

const syntaxes: [string, Escapes, [string, ...string[]]][] = [
  [
    'JSON',
    jsonEscapes,
    ['\\', '\\\\', '\\"', '\\n', '\\u0041', '\\ud83d', '\\ude00', '\\ud83d\\ude00', '\\u00', 'u', 'a', '0'],
  ],
  ['percent', percentEscapes, ['%', '%41', '%4', '%%', '+', 'a', '4']],
  ['form', formEscapes, ['%', '%41', '%c3%a9', '+', '%2', 'a', '0']],
  ['XML', xmlEscapes, ['&', '&#36;', '&#x1F600;', '&lt;', '&#0000000000000036;', ';', '#', 'a', '&amp']],
]

for (const [name, escapes, units] of syntaxes) {
  t.test(`${name} escapes are not cut in two`, async () => {
    const text = fc.array(fc.constantFrom(...units), { minLength: 40, maxLength: 200, size: 'max' })
    fc.assert(
      fc.property(text, (pieces) => {
        const bytes = Buffer.from(pieces.join(''))
        const target = Buffer.alloc(bytes.length)
        const whole = Buffer.from(target.subarray(0, escapes.decode(bytes, 0, bytes.length, target)))
        const blocks: Buffer[] = []
        for (let start = 0; start < bytes.length; ) {
          const end = bytes.length - start <= blockBytes ? bytes.length : escapes.cut(bytes, start, start + blockBytes)
          if (end <= start) throw new Error('no progress')
          blocks.push(Buffer.from(target.subarray(0, escapes.decode(bytes, start, end, target))))
          start = end
        }
        return Buffer.concat(blocks).equals(whole)
      }),
      { numRuns: 3000, seed: 4 },
    )
  })
}
