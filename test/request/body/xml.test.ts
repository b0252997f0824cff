import fc from 'fast-check'
import t from 'tap'
import { XmlWalker } from '#src/request/body/xml.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { DecodeTools } from '#src/request/decode-tools.js'
import { createCollector } from '../support/collector.js'
import { bodyOf, walk } from '../support/walk.js'

const xml = (body: string) => bodyOf('application/xml', body)

t.test('elements are maps of attributes, text and children', async (t) => {
  t.strictSame(xml('<a b="1" c=\'2\'><d>x</d><d>y</d>z</a>'), {
    a: { b: '1', c: '2', d: [{ '#text': 'x' }, { '#text': 'y' }], '#text': 'z' },
  })
  t.strictSame(xml('<a/><b c="d"/>'), { a: {}, b: { c: 'd' } })
  t.strictSame(xml('<n:a xmlns:n="u">é</n:a>'), { 'n:a': { 'xmlns:n': 'u', '#text': 'é' } })
  t.strictSame(xml('<a> \n <b/> </a>'), { a: { b: {} } }, 'white space alone is no text')
})

t.test('declarations, comments and instructions are texts of their own', async (t) => {
  t.strictSame(xml('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c>]">]><!-- d --><a/>'), {
    '#instruction': 'xml version="1.0"',
    '#doctype': 'DOCTYPE a [<!ENTITY b "c>]">]',
    '#comment': ' d ',
    a: {},
  })
})

t.test('text is joined across CDATA, comments and instructions', async (t) => {
  t.strictSame(xml('<a>1<![CDATA[<2>&amp;]]>3<!--x-->4<?y?>5</a>'), {
    a: { '#comment': 'x', '#instruction': 'y', '#text': '1<2>&amp;345' },
  })
})

t.test('the five entities and numbers are decoded, others are not', async (t) => {
  const text = (inner: string) => JSON.parse(JSON.stringify(xml(`<a>x${inner}</a>`))).a['#text'].slice(1)
  t.equal(text('&lt;&gt;&amp;&quot;&apos;'), '<>&"\'')
  t.equal(text('&#65;&#x42;&#X43;&#x1F600;'), 'ABC😀')
  t.equal(text('&nbsp;&b;&lt &;&#;&#x;&#xZZ;&#1114112;&#xD800;'), '&nbsp;&b;&lt &;&#;&#x;&#xZZ;&#1114112;&#xD800;')
  t.equal(text('&#x0000000000024;'), '$', 'leading zeros')
  t.equal(text('&amp;lt;'), '&lt;', 'decoded once')
})

t.test('entities are never expanded', async (t) => {
  const bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;&b;</a>'
  t.equal(JSON.parse(JSON.stringify(xml(bomb))).a['#text'], '&b;&b;')
})

t.test('malformed mark-up is read as far as it makes sense', async (t) => {
  t.strictSame(xml('<a b=c d e="f>g"/>'), { a: { b: 'c', d: null, e: 'f>g' } })
  t.strictSame(xml('<a>1 < 2 <3</a>'), { a: { '#text': '1 < 2 <3' } })
  t.strictSame(xml('<a></b x></a>'), { a: { '#text': ' x' } })
  t.strictSame(xml('<a><b>x'), { a: { b: { '#text': 'x' } } })
  t.strictSame(xml('<a b="x'), { a: { b: 'x' } })
  t.strictSame(xml('<a =x>'), { a: { '=': null, x: null } })
})

t.test('a DOCTYPE ends where its own parts allow', async (t) => {
  const after = (doctype: string) => JSON.parse(JSON.stringify(xml(`${doctype}<a>x</a>`)))
  t.strictSame(after('<!DOCTYPE a>').a, { '#text': 'x' })
  t.strictSame(after('<!DOCTYPE a [<!-- \' ] > --><?b " ?><!ENTITY c "]>">]>').a, { '#text': 'x' })
  t.strictSame(after("<!DOCTYPE a [<!ENTITY c 'd>").a, { '#text': 'x' }, 'one that does not end')
  t.strictSame(after('<!DOCTYPE a [[[>').a, { '#text': 'x' })
})

t.test('a cut is reported', async (t) => {
  const faultOf = (body: string) => walk({ headers: [['content-type', 'text/xml']], body }).body.fault
  for (const body of ['<a>', '<a', '<a b', '<a b="', '<!--', '<![CDATA[', '<?x', '<!DOCTYPE a [', '<a></a'])
    t.equal(faultOf(body), 'xml_cut', body)
  for (const body of ['<a/>', '<a></a>', '<!-- -->']) t.equal(faultOf(body), undefined, body)
})

t.test('any noise leaves containers balanced and the budget respected', async () => {
  const unit = fc.constantFrom(
    '<',
    '>',
    '/',
    '!',
    '--',
    '[CDATA[',
    ']]>',
    '?',
    '"',
    "'",
    '=',
    'a',
    '&',
    '#',
    ';',
    ' ',
    '[',
  )
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
      const visitor = createCollector()
      const bytes = Buffer.from(`<${text}`)
      new XmlWalker(new DecodeTools()).walk(visitor, bytes, 0, bytes.length)
      return /^(\{(?:[^}]|\})*\})$/.test(visitor.shape) && count(visitor.shape, '{') === count(visitor.shape, '}')
    }),
    { numRuns: 5000, seed: 4 },
  )
})

t.test('a spent budget ends the walk', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(3)
  const bytes = Buffer.from('<a b="c">d</a>'.repeat(50_000))
  const visitor = createCollector()
  t.equal(new XmlWalker(new DecodeTools(budget)).walk(visitor, bytes, 0, bytes.length).isTimedOut, true)
  t.ok(visitor.strings.length < 20_000)
})

function count(text: string, mark: string): number {
  return text.split(mark).length - 1
}
