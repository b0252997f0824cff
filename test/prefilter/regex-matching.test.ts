// RE2's syntax, as the prefilter finds it in values: what must fire and what need not.
import t from 'tap'
import { clears, prefilterOfRules, regexRule } from './support/prefilter-on.js'

/** Compiles a pattern and says whether it is found in a text. */
function finds(pattern: string, text: string, options: object = { case_sensitive: true }): boolean {
  const prefilter = prefilterOfRules(regexRule(pattern, options))
  try {
    return !clears(prefilter, text)
  } finally {
    prefilter.dispose()
  }
}

const found: readonly (readonly [string, string, string])[] = [
  ['a literal anywhere', 'abc', 'xxabcxx'],
  ['an alternative', 'cat|dog', 'hotdog'],
  ['a class', '[a-c]+z', 'bz'],
  ['a negated class', 'a[^b]c', 'a-c'],
  ['a bracket first in a class', '[]a]b', ']b'],
  ['a dash last in a class', '[a-]b', '-b'],
  ['a POSIX class', '[[:digit:]]x', '7x'],
  ['a negated POSIX class', '[[:^digit:]]x', 'ax'],
  ['a Perl class in a class', '[\\d_]x', '_x'],
  ['an octal escape', '\\101', 'A'],
  ['a hexadecimal escape', '\\x{41}\\x42', 'AB'],
  ['quoted text', '\\Qa.b\\E', 'a.b'],
  ['an escaped underscore', 'a\\_b', 'a_b'],
  ['a brace that is no repeat', 'a{b', 'a{b'],
  ['a brace without a lower bound', 'a{,2}', 'a{,2}'],
  ['a counted repeat', 'a{3}b', 'aaab'],
  ['a repeat with a leading zero is literal', 'a{02}', 'a{02}'],
  ['a lazy repeat', 'a.*?b', 'a--b'],
  ['a named group', '(?P<n>a)b', 'ab'],
  ['flags for the rest of a group', '(?i)aB', 'Ab'],
  ['flags for a group', '(?i:a)b', 'Ab'],
  ['flags in the middle reach the next alternative', 'x(?:a(?i)b|c)', 'xC'],
  ['a dot over lines with (?s)', '(?s)a.b', 'a\nb'],
  ['line ends with (?m)', '(?m)^b$', 'a\nb\nc'],
  ['the start of the text', '^ab', 'abc'],
  ['the end of the text', 'bc$', 'abc'],
  ['a word boundary in front', '\\bab', '-ab'],
  ['a word boundary at the end of the text', 'ab\\b', 'ab'],
  ['no word boundary', '\\Bab', 'xab'],
  ['the Kelvin sign for k when cases are equal', '(?i)k', '\u212a'],
  ['the long s for s when cases are equal', '(?i)s', '\u017f'],
  ['k for the Kelvin sign', '(?i)\u212a', 'k'],
  ['a character beyond ASCII by a dot', 'a.b', 'a\u4e2db'],
  ['a character beyond ASCII by a negated class', 'a[^x]b', 'a\u{1f600}b'],
  ['a Unicode property', '\\p{Greek}x', '\u03b1x'],
  ['ASCII of a Unicode property', '\\pLx', 'ax'],
  ['any byte', 'a\\Cb', 'a-b'],
  ['an empty alternative', 'a(?:b|)c', 'ac'],
  ['nested repeats of what may be empty', '(a*)*b', 'b'],
]

for (const [name, pattern, text] of found) {
  t.test(`finds ${name}`, async (t) => {
    t.equal(finds(pattern, text), true)
  })
}

const notFound: readonly (readonly [string, string, string])[] = [
  ['another case', 'abc', 'ABC'],
  ['a dot for a new line', 'a.b', 'a\nb'],
  ['the start elsewhere', '^ab', 'xab'],
  ['the end elsewhere', 'ab$', 'abx'],
  ['a text end before a last new line', 'ab$', 'ab\n'],
  ['a word boundary inside a word', '\\bab', 'xab'],
  ['a vertical tab for white space', 'a\\sb', 'a\vb'],
  ['a no-break space for white space', 'a\\sb', 'a\u00a0b'],
  ['a digit beyond ASCII', '^\\d$', '\u0663'],
  ['a class that excludes all beyond ASCII', 'a[^\\x{80}-\\x{10ffff}]b', 'a\u4e2db'],
  ['too few repeats', 'a{3}', 'aab'],
  ['one side of an alternative only', 'ab|cd', 'ac'],
  ['ASCII that a Unicode property lacks', '\\p{Lu}x', 'ax'],
]

for (const [name, pattern, text] of notFound) {
  t.test(`does not take for a match: ${name}`, async (t) => {
    t.equal(finds(pattern, text), false)
  })
}

t.test('cases are equal unless the rule says otherwise', async (t) => {
  t.equal(finds('abc', 'ABC', {}), true)
})

t.test('long counted repeats are loosened, never tightened', async (t) => {
  t.equal(finds('^[0-9a-f]{40}$', 'a'.repeat(40)), true)
  t.equal(finds('^[0-9a-f]{40}$', 'a'.repeat(11)), false)
  t.equal(finds('^x{0,30}y$', `${'x'.repeat(30)}y`), true)
})

const notUnderstood = [
  '(?=a)',
  '(?<!a)',
  '\\1',
  '\\Z',
  '*a',
  '(a',
  'a)',
  '[a',
  '\\p{Nothing}',
  '[[:nothing:]]',
  'a{2000}',
  '(?x)a',
  '\\',
]
for (const pattern of notUnderstood) {
  t.test(`a pattern that is not understood sends its address to the engine: ${pattern}`, async (t) => {
    t.equal(finds(pattern, 'harmless'), true)
  })
}

t.test('an empty value matches nothing, as in the engine', async (t) => {
  t.equal(finds('^$', ''), false)
  t.equal(finds('.*', ''), false)
})
