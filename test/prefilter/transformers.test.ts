// Values that only a transformer turns into what a rule looks for, and the transformers' own rewriting.
import t from 'tap'
import { base64Decode, base64urlDecode } from '#src/prefilter/transformers/base64-decode.js'
import { compressWhiteSpace } from '#src/prefilter/transformers/compress-white-space.js'
import { cssDecode } from '#src/prefilter/transformers/css-decode.js'
import { htmlEntityDecode } from '#src/prefilter/transformers/html-entity-decode.js'
import { normalizePath, normalizePathWin } from '#src/prefilter/transformers/normalize-path.js'
import { removeComments } from '#src/prefilter/transformers/remove-comments.js'
import { removeNulls } from '#src/prefilter/transformers/remove-nulls.js'
import { shellUnescape } from '#src/prefilter/transformers/shell-unescape.js'
import { addNormalizedAscii } from '#src/prefilter/transformers/unicode-normalize.js'
import { urlDecode, urlDecodeUni } from '#src/prefilter/transformers/url-decode.js'
import { urlBasename, urlPath, urlQuerystring } from '#src/prefilter/transformers/url-parts.js'
import { clears, prefilterOfRules, regexRule, ruleOf } from './support/prefilter-on.js'

function rewrite(port: (bytes: Uint8Array, length: number) => number, text: string): string {
  const bytes = Buffer.alloc(256)
  const length = port(bytes, bytes.write(text))
  return bytes.toString('utf8', 0, length)
}

const rewritten: readonly (readonly [string, (bytes: Uint8Array, length: number) => number, string, string])[] = [
  ['percent-decoding', urlDecodeUni, '%41+%2e', 'A .'],
  ['percent-decoding again and again', urlDecodeUni, '%252541', 'A'],
  ['%u, in either case', urlDecodeUni, '%u0041%U00e9', 'A\u00e9'],
  ['half a surrogate pair', urlDecodeUni, '%ud83d', '\ufffd'],
  ['broken escapes stay', urlDecodeUni, '%%4%zz%u12', '%%4%zz%u12'],
  ['paths', normalizePath, '/a/./b/../c', '/a/c'],
  ['a path that ends in a dot stays', normalizePath, 'a/.', 'a/.'],
  ['a path that ends in two dots', normalizePath, 'a/..', '/'],
  ['a path that begins with two dots', normalizePath, '../a', '../a'],
  ['more dots are a name', normalizePath, 'a/.../b', 'a/.../b'],
  ['shell escapes', shellUnescape, 'C^A"T\\ /etc', 'cat/etc'],
  ['separators', shellUnescape, 'a,;  b', 'a b'],
  ['a separator at the end stays', shellUnescape, 'a;', 'a;'],
  ['white space in front of what changes stays', shellUnescape, 'a\tb^', 'a\tb'],
  ['block comments', removeComments, 'a/*x*/b<!--y-->c', 'abc'],
  ['line comments', removeComments, 'a--b', 'a'],
  ['a comment without an end', removeComments, 'a/*b', 'a'],
  ['NULs', removeNulls, 'a\u0000b', 'ab'],
  ['one pass of percent-decoding', urlDecode, '%2541+%u0041', '%41 %u0041'],
  ['entities', htmlEntityDecode, '&lt;&#60&#x3C;&LT;&nbsp', '<<<<&nbsp'],
  ['an entity that stands for no character', htmlEntityDecode, '&#xd800;', '\ufffd'],
  ['a numbered NUL that leaves no room, alone', htmlEntityDecode, 'a&#0 b', 'a&#0 b'],
  ['a numbered NUL that leaves no room, beside what shrinks', htmlEntityDecode, 'a&#0 &lt;', 'a\ufffd <'],
  ['CSS escapes', cssDecode, '\\41 b\\000043d\\\n\\q', 'AbCdq'],
  ['Windows paths', normalizePathWin, 'a\\x\\..\\b', 'a/b'],
  ['runs of spaces', compressWhiteSpace, 'a   b\t\tc', 'a b\t\tc'],
  ['a URL to its path', urlPath, '/a/b?c#d', '/a/b'],
  ['a URL to its query', urlQuerystring, '/a?b?c#d', 'b?c'],
  ['a URL without a query to nothing', urlQuerystring, '/a#b?c', ''],
  ['a URL to its last segment', urlBasename, '/a/b.c?d/e', 'b.c'],
  ['Base64', base64Decode, 'YWJjZA==', 'abcd'],
  ['Base64 without padding', base64Decode, 'YWJjZGU', 'abcde'],
  ['what is no Base64 stays', base64Decode, 'abc!', 'abc!'],
  ['Base64 for URLs', base64urlDecode, 'Pz8_', '???'],
]

for (const [name, port, text, wanted] of rewritten) {
  t.test(`rewrites ${name}`, async (t) => {
    t.equal(rewrite(port, text), wanted)
  })
}

t.test('knows the ASCII that characters normalise to', async (t) => {
  const ascii = (text: string): string => {
    const set = new Uint32Array(4)
    const bytes = Buffer.from(text)
    addNormalizedAscii(bytes, 0, bytes.length, set)
    const codes = Array.from({ length: 128 }, (_, code) => code).filter(
      (code) => ((set[code >> 5] ?? 0) >>> (code & 31)) & 1,
    )
    return String.fromCharCode(...codes)
  }
  t.match(ascii('\uff04'), '$', 'full width')
  t.match(ascii('\u00df'), 's', 'folded')
  t.match(ascii('\u2013'), '-', 'a dash')
  t.match(ascii('\u00bc'), '/', 'a fraction')
  t.match(ascii('\u{e0041}'), 'A', 'a tag')
  t.equal(ascii('\u4e2d'), '', 'none')
})

const hidden: readonly (readonly [string, readonly string[], string, string])[] = [
  ['lowercase', ['lowercase'], 'secret', 'SeCrEt'],
  ['removeNulls', ['removeNulls'], 'secret', 'sec\u0000ret'],
  ['urlDecodeUni', ['urlDecodeUni'], '<secret', '%3Csecret'],
  ['urlDecodeUni twice', ['removeNulls', 'urlDecodeUni'], '<secret', '%253Csecret'],
  ['normalizePath', ['normalizePath'], 'etc/secret', 'etc/x/../secret'],
  ['normalizePath after lowercase', ['lowercase', 'normalizePath'], 'etc/secret', 'ETC/./secret'],
  ['cmdLine', ['cmdLine'], 'cat/etc/secret', 'c^at  /etc/sec"ret'],
  ['cmdLine on capitals alone', ['cmdLine'], 'secret', 'SECRET'],
  ['removeComments', ['removeComments'], 'secret', 'sec/**/ret'],
  ['unicode_normalize', ['unicode_normalize'], '[$]{secret}', '\uff04{secret}'],
  ['two in a row', ['urlDecodeUni', 'removeComments'], 'secret', 'sec%2f**%2fret'],
  ['NULs that another transformer makes', ['urlDecodeUni', 'removeNulls'], 'secret', 'sec%00ret'],
  ['a transformer that may change any text', ['base64Decode'], 'secret', 'c2VjcmV0'],
  ['under another name', ['url_decode_iis'], '<secret', '%3Csecret'],
]

for (const [name, transformers, regex, text] of hidden) {
  t.test(`sees through ${name}`, async (t) => {
    const prefilter = prefilterOfRules(regexRule(regex, { case_sensitive: true }, transformers))
    t.teardown(() => prefilter.dispose())
    t.equal(clears(prefilter, text), false)
    t.equal(clears(prefilter, 'a harmless text, with signs; and % + -- // ./ "quotes"'), true)
  })
}

t.test('a pattern that matches nothing needs no seed', async (t) => {
  const prefilter = prefilterOfRules(regexRule('[^\\x00-\\x{10ffff}]', {}, ['removeComments']))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'a // b'), true)
})

t.test('a harmless accent is no reason to ask the engine', async (t) => {
  const prefilter = prefilterOfRules(regexRule('[$]{jndi:', {}, ['unicode_normalize']))
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'caf\u00e9 \u4e2d\u6587'), true)
})

for (const [name, transformers] of [
  ['that is not known', ['jsDecode']],
  ['that tells cases apart after lowercase', ['lowercase', 'urlDecodeUni']],
] as const) {
  t.test(`a transformer ${name} sends its address to the engine`, async (t) => {
    const prefilter = prefilterOfRules(
      regexRule('x', {}, transformers),
      ruleOf({ id: 'r2', address: 'server.request.query', parameters: { regex: 'x' } }),
    )
    t.teardown(() => prefilter.dispose())
    t.equal(clears(prefilter, 'y'), false)
    t.equal(clears(prefilter, { q: 'y' }, 'server.request.query'), true, 'other addresses are not concerned')
  })
}
