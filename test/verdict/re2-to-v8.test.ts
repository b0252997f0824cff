import t from 'tap'
import { translateRe2 } from '#src/verdict/re2-to-v8.js'
import { defaultPatterns } from './support/redaction.js'

function compile(pattern: string): RegExp {
  const translation = translateRe2(pattern)
  if (translation.kind === 'refused') throw new Error(translation.reason)
  return new RegExp(translation.source, 'iu')
}

t.test('constructs of RE2 mean the same after translation', async (t) => {
  const cases: readonly (readonly [pattern: string, matching: string, other: string])[] = [
    ['(?i)pass', 'PASS', 'pas'],
    ['a.b', 'a\rb', 'a\nb'],
    ['(?s)a.b', 'a\nb', 'ab'],
    ['(?is)a.B', 'A\nb', 'ab'],
    ['(?P<name>x)y', 'xy', 'x'],
    ['(?<name>x)y', 'xy', 'x'],
    ['(?:x|z)y', 'zy', 'y'],
    ['\\Aab\\z', 'ab', 'ab\n'],
    ['[[:digit:]x]{2}', '4x', '4y'],
    ['[^[:space:]]', 'a', ' \t'],
    ['[]a]b', ']b', 'b'],
    ['[a\\-z]1', '-1', 'b1'],
    ['[[]', '[', ']'],
    ['a{b', 'a{b', 'ab'],
    ['a}]b', 'a}]b', 'ab'],
    ['a{2,3}?b', 'aab', 'ab'],
    ['\\"\\:\\_\\-', '":_-', '":_'],
    ['\\x{1F600}', '\u{1f600}', 'x'],
    ['\\x41', 'A', 'b'],
    ['\\pL\\d', 'é5', '55'],
    ['\\p{Lu}1', 'A1', '11'],
    ['\\a', '\u0007', 'a'],
    ['\\bword\\b', 'a word', 'swords'],
    ['ſecret', 'Secret', 'ecret'],
  ]
  for (const [pattern, matching, other] of cases) {
    const expression = compile(pattern)
    t.ok(expression.test(matching), `${pattern} matches ${JSON.stringify(matching)}`)
    t.notOk(expression.test(other), `${pattern} does not match ${JSON.stringify(other)}`)
  }
})

t.test('what V8 would take differently is refused with the construct named', async (t) => {
  for (const [pattern, named] of [
    ['(?=a)', '(?='],
    ['(?!a)', '(?!'],
    ['(?<=a)', '(?<='],
    ['a(?i)b', '(?i)'],
    ['(?U)a', '(?U)'],
    ['(?-i)a', '(?-i'],
    ['(a)\\1', '\\1'],
    ['\\k<a>', '\\k'],
    ['\\Qa\\E', '\\Q'],
    ['\\C', '\\C'],
    ['[[:^digit:]]', '[:^digit:]'],
    ['[[:nothing:]]', '[:nothing:]'],
    ['(a', '('],
    ['a)', ')'],
    ['[a', '['],
    ['a\\', '\\'],
  ] as const) {
    const translation = translateRe2(pattern)
    t.equal(translation.kind, 'refused', pattern)
    t.ok(translation.kind === 'refused' && translation.reason.includes(named), `${pattern} names ${named}`)
  }
})

t.test('the default expressions translate', async (t) => {
  t.ok(compile(defaultPatterns.keyRegex).test('user_Password'))
  t.ok(compile(defaultPatterns.valueRegex).test('x password=1'))
})
