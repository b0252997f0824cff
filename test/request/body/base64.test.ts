import fc from 'fast-check'
import t from 'tap'
import { decodeBase64 } from '#src/request/body/base64.js'
import { DecodeBudget } from '#src/request/decode-budget.js'

const decode = (text: string, budget = new DecodeBudget()) => {
  const bytes = Buffer.from(`=${text}=`, 'latin1')
  return decodeBase64(bytes, 1, bytes.length - 1, budget)
}
const textOf = (text: string) => decode(text).bytes.toString()

t.test('any bytes come back, in both alphabets, padded or not', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      const input = Buffer.from(bytes)
      const forms = [
        input.toString('base64'),
        input.toString('base64url'),
        input.toString('base64').replaceAll('=', ''),
      ]
      return forms.every((form) => decode(form).bytes.equals(input))
    }),
    { seed: 4, numRuns: 500 },
  )
  t.pass()
})

t.test('junk is skipped, and padding ends a piece', async (t) => {
  t.equal(textOf('aGVs\r\nbG8h'), 'hello!')
  t.equal(textOf('aGV*s\0bG\xff8h'), 'hello!')
  t.equal(textOf('aA==ZQ==bGxv'), 'hello')
  t.equal(textOf('aGVsbG8=IQ'), 'hello!')
  t.equal(textOf('a'), '', 'six bits are no byte')
})

t.test('the time that is left bounds it', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(20)
  const { bytes, isCut } = decode('QUJD'.repeat(100_000), budget)
  t.equal(isCut, true)
  t.ok(bytes.length > 1000 && bytes.length < 100_000, `${bytes.length}`)
  t.equal(decode('QUJD'.repeat(100_000)).isCut, false)
})
