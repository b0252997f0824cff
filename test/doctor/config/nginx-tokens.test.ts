import t from 'tap'
import { tokenizeNginx } from '#src/doctor/config/nginx-tokens.js'

function words(text: string): readonly string[] {
  const tokens = tokenizeNginx(text)
  return Array.isArray(tokens)
    ? tokens.map((token) => token.text)
    : [`fault in line ${'line' in tokens ? tokens.line : ''}`]
}

t.test('words, marks and comments', async (t) => {
  t.strictSame(words('a b;c{d e;}# f ;\ng;'), ['a', 'b', ';', 'c', '{', 'd', 'e', ';', '}', 'g', ';'])
  t.strictSame(words('a#b c;'), ['a#b', 'c', ';'], 'a comment begins only where a word could')
})

t.test('quotes hold blanks and marks; escapes in them are undone', async (t) => {
  t.strictSame(words(`log "a ; { } # \\" 'b'" 'c "d" \\n';`), ['log', `a ; { } # " 'b'`, 'c "d" \n', ';'])
  t.strictSame(words('a "";'), ['a', '', ';'])
})

t.test('a variable in braces is part of its word', async (t) => {
  const word = ['x$', '{request_uri}y'].join('')
  t.strictSame(words(`return 200 ${word};`), ['return', '200', word, ';'])
})

t.test('a backslash before anything else stays: regular expressions are left alone', async (t) => {
  t.strictSame(words('location ~ \\.php$ {}'), ['location', '~', '\\.php$', '{', '}'])
})

t.test('lines are counted, through quotes too', async (t) => {
  const tokens = tokenizeNginx('a "1\n2";\nb;')
  t.equal(Array.isArray(tokens) ? tokens.find(({ text }) => text === 'b')?.line : 0, 3)
})

t.test('a quote without an end is a fault where it begins', async (t) => {
  t.match(tokenizeNginx('a;\nb "c;\nd;'), { line: 2 })
})
