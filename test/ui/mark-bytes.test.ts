import t from 'tap'
import type { MatchedCondition, RequestDetail } from '#src/ui/page/api-types.js'
import { cutAt, markHeader, markTarget, markValue, type Piece } from '#src/ui/page/mark-bytes.js'

function condition(parts: Partial<MatchedCondition>): MatchedCondition {
  return {
    where: '',
    operator: 'match_regex',
    operatorValue: '',
    address: 'server.request.query',
    keyPath: ['id', '0'],
    value: '',
    highlight: [],
    ...parts,
  }
}

function request(path: string, query: string): RequestDetail {
  return {
    method: 'GET',
    host: 'h',
    path,
    query,
    httpVersion: '1.1',
    headers: {},
    bodyType: null,
    bodySeenBytes: 0,
    bodyInspectedBytes: 0,
  }
}

/** Marked parts in brackets. */
function shown(pieces: readonly Piece[]): string {
  return pieces.map(({ text, isMarked }) => (isMarked ? `[${text}]` : text)).join('')
}

t.test('what matched is found in the query as it was sent', async (t) => {
  const cases: [query: string, parts: Partial<MatchedCondition>, marked: string][] = [
    ['a=1&id=1%27+OR+1', { highlight: ["' or"] }, '/p?a=1&id=1[%27+OR]+1'],
    ['id=%E2%82%ACx', { highlight: ['€'] }, '/p?id=[%E2%82%AC]x'],
    ['i%64=abc', { highlight: ['b'] }, '/p?i%64=a[b]c'],
    ['id=abc&id=xbx', { highlight: ['b'] }, '/p?id=a[b]c&id=x[b]x'],
    ['id=changed', { highlight: ['not in it'] }, '/p?id=[changed]'],
    ['id', { highlight: ['x'] }, '/p?id'],
    ['other=b', { highlight: ['b'] }, '/p?other=b'],
    ['id=%zzb', { highlight: ['b'] }, '/p?id=%zz[b]'],
  ]
  for (const [query, parts, marked] of cases) {
    t.equal(shown(markTarget(request('/p', query), [condition(parts)])), marked, query)
  }
})

t.test('paths, whole targets and headers are marked too', async (t) => {
  const inPath = condition({ address: 'server.request.path_params', keyPath: ['1'], highlight: ['etc/passwd'] })
  t.equal(shown(markTarget(request('/x/..%2Fetc%2Fpasswd', ''), [inPath])), '/x/..%2F[etc%2Fpasswd]')
  const inTarget = condition({ address: 'server.request.uri.raw', keyPath: [], highlight: ['.git'] })
  t.equal(shown(markTarget(request('/.git/config', 'a'), [inTarget])), '/[.git]/config?a')
  const inHeader = condition({
    address: 'server.request.headers.no_cookies',
    keyPath: ['user-agent', '0'],
    highlight: ['arachni'],
  })
  t.equal(shown(markHeader('user-agent', 'Arachni/v1', [inHeader])), '[Arachni]/v1')
  t.equal(shown(markHeader('referer', 'Arachni/v1', [inHeader])), 'Arachni/v1')
  t.equal(shown(markValue(condition({ value: 'a<b', highlight: ['<'] }))), 'a[<]b')
})

t.test('ranges may overlap, touch and come in any order; no text is lost', async (t) => {
  t.equal(
    shown(
      cutAt('abcdef', [
        [3, 5],
        [1, 4],
        [5, 5],
        [0, 1],
      ]),
    ),
    '[a][bcd][e]f',
  )
  t.equal(shown(cutAt('', [])), '')
})
