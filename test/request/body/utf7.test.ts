import fc from 'fast-check'
import t from 'tap'
import { decodeUtf7 } from '#src/request/body/utf7.js'
import { DecodeBudget } from '#src/request/decode-budget.js'

const decode = (text: string, budget = new DecodeBudget()) => {
  const bytes = Buffer.from(text, 'latin1')
  return decodeUtf7(bytes, 0, bytes.length, budget)
}
const textOf = (text: string) => decode(text).bytes.toString()

/** Everything shifted, as a sender that hides would. */
function encode(text: string): string {
  const base64 = Buffer.from(text, 'utf16le').swap16().toString('base64').replaceAll('=', '')
  return base64 === '' ? '' : `+${base64}-`
}

t.test('examples of RFC 2152', async (t) => {
  t.equal(textOf('A+ImIDkQ.'), 'A≢Α.')
  t.equal(textOf('Hi Mom -+Jjo--!'), 'Hi Mom -☺-!')
  t.equal(textOf('+ZeVnLIqe-'), '日本語')
  t.equal(textOf('1 +- 1'), '1 + 1')
})

t.test('any text comes back', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
      const wellFormed = text.toWellFormed()
      return textOf(encode(wellFormed)) === wellFormed
    }),
    { seed: 4, numRuns: 500 },
  )
  t.pass()
})

t.test('what is broken gives what there is of it', async (t) => {
  t.equal(textOf('a+'), 'a')
  t.equal(textOf('a+ACQ'), 'a$', 'no end')
  t.equal(textOf('+ACQ<'), '$<', 'another byte ends it and stands')
  t.equal(textOf('+3AA-x'), '�x', 'a second half without the first')
  t.equal(textOf('+2AA-x'), 'x', 'a first half without the second')
})

t.test('the longest that the bytes can become fits', async (t) => {
  const text = '\uffff'.repeat(3000)
  t.equal(textOf(encode(text)), text)
})

t.test('the time that is left bounds it', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(20)
  t.equal(decode(encode('a'.repeat(200_000)), budget).isCut, true)
})
