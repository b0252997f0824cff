// Text from outside on a terminal.
import t from 'tap'
import { excerpt, visible } from '#src/visible.js'

t.test('control bytes, direction marks and lone surrogates are shown, not sent', async (t) => {
  t.equal(visible('a\x00\x1b[2J\r\n\x7f\x9b'), 'a\\x00\\x1b[2J\\x0d\\x0a\\x7f\\x9b')
  t.equal(visible('\u202eabc\u2028\ud800'), '\\u{202e}abc\\u{2028}\\u{d800}')
  t.equal(visible('\u{e0041}'), '\\u{e0041}', 'invisible tag characters')
})

t.test('ordinary text in any script stays', async (t) => {
  t.equal(visible('é 漢字 😀 "x"'), 'é 漢字 😀 "x"')
})

t.test('an excerpt ends at its limit', async (t) => {
  t.equal(excerpt('abc', 3), 'abc')
  t.equal(excerpt('abcd', 3), 'abc...')
})
