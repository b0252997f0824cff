import t from 'tap'
import { decodeEncodedWords } from '#src/request/body/encoded-words.js'
import { DecodeBudget } from '#src/request/decode-budget.js'

const decode = (text: string) => {
  const bytes = Buffer.from(text)
  return decodeEncodedWords(bytes, 0, bytes.length, new DecodeBudget())?.toString()
}

t.test('words are decoded by encoding and charset', async (t) => {
  t.equal(decode('=?utf-8?B?c2hlbGwuanNw?='), 'shell.jsp')
  t.equal(decode('=?UTF-8?q?a_b=2Ejsp?='), 'a b.jsp')
  t.equal(decode('a =?utf-8?B?Yg==?= =?utf-8?B?Yw==?= d'), 'a bc d', 'white space between words is none')
  t.equal(decode('=?iso-8859-1*en?Q?caf=E9?='), 'café')
  t.equal(decode('=?utf-7?Q?+ACQ-a?='), '$a')
})

t.test('a name without words is left alone', async (t) => {
  for (const name of ['', 'a.txt', 'a=?b', '=?utf-8?X?abc?=', '=?utf-8?B?abc']) t.equal(decode(name), undefined, name)
})

t.test('up to 8 KiB of a name are looked into', async (t) => {
  const word = '=?utf-8?B?Yg==?='
  t.match(decode(`${'x'.repeat(8192 - word.length)}${word}`), /xb$/)
  t.equal(decode(`${'x'.repeat(8193 - word.length)}${word}`), undefined)
})
