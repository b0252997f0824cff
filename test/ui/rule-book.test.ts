import t from 'tap'
import { RuleBook } from '#src/ui/rule-book.js'

function bookOf(condition: object, rule: object = {}): RuleBook {
  const rules = [{ id: 'r', name: 'R', tags: { type: 'x' }, conditions: [condition], ...rule }]
  return new RuleBook([{ path: 'p', text: JSON.stringify({ rules }) }])
}

function words(operator: string, parameters: object, rule: object = {}): string {
  const [condition] = bookOf({ operator, parameters }, rule).describe('r')?.conditions ?? []
  const { subject = '', verb = '', object = '', transformers = [] } = condition ?? {}
  return `${subject} ${verb} ${object}${transformers.length > 0 ? ` after ${transformers.join(', ')}` : ''}`.trimEnd()
}

const query = { address: 'server.request.query' }
const agent = { address: 'server.request.headers.no_cookies', key_path: ['user-agent'] }

t.test('conditions read as sentences', async (t) => {
  const cases: [sentence: string, operator: string, parameters: object][] = [
    ['any query parameter matches the pattern a+', 'match_regex', { inputs: [query], regex: 'a+' }],
    ['header "user-agent" does not match the pattern a', '!match_regex', { inputs: [agent], regex: 'a' }],
    ['any query parameter contains one of the phrases a  b', 'phrase_match', { inputs: [query], list: ['a', 'b'] }],
    [
      'the client address is in the list blocked',
      'ip_match',
      { inputs: [{ address: 'http.client_ip' }], data: 'blocked' },
    ],
    ['any query parameter reads like a piece of SQL (libinjection)', 'is_sqli', { inputs: [query] }],
    [
      'any server.io.fs.file is found by the detector lfi_detector@v2',
      'lfi_detector@v2',
      { inputs: [{ address: 'server.io.fs.file', key_path: [] }] },
    ],
  ]
  for (const [sentence, operator, parameters] of cases) t.equal(words(operator, parameters), sentence, operator)
})

t.test('what no mirrored request carries is left out beside what one does', async (t) => {
  const inputs = [query, { address: 'graphql.server.resolver' }, { address: 'server.request.body' }]
  t.equal(words('is_xss', { inputs }), 'any query parameter or body field reads like script or markup (libinjection)')
})

t.test('transformers of an input weigh more than those of the rule', async (t) => {
  const rule = { transformers: ['lowercase'] }
  t.match(words('is_xss', { inputs: [query] }, rule), /after lowercase$/)
  t.match(words('is_xss', { inputs: [{ ...query, transformers: ['url_decode'] }] }, rule), /after url_decode$/)
})

t.test('a long list of phrases is cut and counted', async (t) => {
  const list = Array.from({ length: 13 }, (_, index) => `p${index}`)
  t.match(words('phrase_match', { inputs: [query], list }), /p11 and 1 more$/)
  t.match(words('phrase_match', { inputs: [query], list: list.slice(0, 12) }), /p11$/)
})

t.test('a rule that is not loaded is not described', async (t) => {
  t.equal(bookOf({}).describe('other'), undefined)
  t.equal(bookOf({}).nameOf('other'), undefined)
  t.equal(bookOf({}).nameOf('r'), 'R')
})
