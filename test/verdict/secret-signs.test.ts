import t from 'tap'
import { createRedaction, type Redactor, redactedMark } from '#src/verdict/redact.js'
import { createSecretSigns } from '#src/verdict/secret-signs.js'
import { Random } from '../fuzz/random.js'
import { defaultPatterns, defaultRedaction } from './support/redaction.js'

const { keyRegex, valueRegex } = defaultPatterns

/** The same expressions in other words: the signs were not taken from those, so that every text is searched. */
const searchAll = createRedaction(
  { ...defaultPatterns, keyRegex: rewrite(keyRegex), valueRegex: rewrite(valueRegex) },
  () => 0,
)
const searchSome = defaultRedaction()

/** One of every kind that some expression looks for, and what stands around them. */
const seeds: readonly string[] = [
  'pass=1',
  'passwd: 1',
  'pwd=1',
  'pword":"1"',
  'pass_phrase=1',
  'secret=1',
  'api_key=1',
  'private-key:1',
  'publickey=1',
  'access_key_id=1',
  'token=1',
  'token : abcdefghijklm',
  'consumer_id=1',
  'consumer-secret=1',
  'signed=1',
  'signature=1',
  'sign=1',
  'auth=1',
  'authentication=1',
  'authorization=1',
  'bearer=1',
  'Bearer abc.def',
  'jsessionid=1',
  'phpsessid=1',
  'asp.net_sessionid=1',
  'sid=1',
  '"sid":1',
  'jwt=1',
  `gho_${'a1Z'.repeat(12)}`,
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  'eyI-.eyL-',
  'ey12345678.abcd',
  '-----BEGIN RSA PRIVATE KEY-----abc-----END RSA PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----abc',
  `ssh-rsa ${'A'.repeat(100)}`,
  '//a@',
  'https://me:pw@host',
  'a:b@c',
  'a%3Ab%40c',
]
const others: readonly string[] = [
  '',
  ' ',
  '+',
  '%',
  '"',
  '/',
  '//',
  ';',
  '&',
  '?',
  '=',
  ':',
  '@',
  '.',
  '_',
  '-',
  '{"',
  'x',
  'é',
]
const odd: readonly (readonly [letter: RegExp, other: string])[] = [
  [/s/g, '\u017f'],
  [/k/g, '\u212a'],
  [/ /g, '+'],
]

t.test('whatever the search changes has a sign, in texts made of mutated secrets', async (t) => {
  const random = new Random(20)
  let changedCount = 0
  for (let run = 0; run < 40_000; run += 1) {
    const text = randomText(random)
    const searched = searchAll((redactor) => showAll(redactor, text))
    const shown = searchSome((redactor) => showAll(redactor, text))
    if (searched.some((part) => part !== text)) changedCount += 1
    if (shown.join('\n') !== searched.join('\n')) t.strictSame(shown, searched, JSON.stringify(text))
  }
  t.ok(changedCount > 10_000, 'many of them hold secrets')
})

t.test('texts without a sign are most of what an event shows', async (t) => {
  const hasSign = createSecretSigns(keyRegex, valueRegex)
  t.ok(hasSign, 'the words were taken from the default expressions')
  for (const text of [
    'GET',
    '/api/v2/orders/18199',
    "q='%3B%20DROP%20TABLE%20x%3B%20--%20&page=21",
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.6756.61 Safari/537.36',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    '/etc/passwd',
  ]) {
    t.equal(hasSign?.(text), false, text)
  }
})

t.test('other expressions have no signs', async (t) => {
  t.equal(createSecretSigns(keyRegex, ''), undefined)
  t.equal(createSecretSigns('', valueRegex), undefined)
  t.equal(createSecretSigns(rewrite(keyRegex), valueRegex), undefined)
  t.equal(
    searchAll((redactor) => redactor.redactQuery('sid=1')),
    `sid=${redactedMark}`,
  )
})

function rewrite(expression: string): string {
  return expression.replace(/^\(\?i\)(.*)$/s, '(?i)(?:$1)')
}

function showAll(redactor: Redactor, text: string): readonly string[] {
  return [
    redactor.redactText(text),
    redactor.redactQuery(text),
    redactor.redactPath(text),
    redactor.redactHeader('via', text),
  ]
}

function randomText(random: Random): string {
  let text = ''
  const count = 1 + random.below(3)
  for (let index = 0; index < count; index += 1) {
    text += random.pick(others)
    text += rewriteSome(random, mutate(random, random.pick(seeds)))
  }
  return text + random.pick(others)
}

/** Takes a character away, or puts something in its place or before it. */
function mutate(random: Random, seed: string): string {
  if (random.chance(0.6)) return seed
  const at = random.below(seed.length)
  return seed.slice(0, at) + random.pick(others) + seed.slice(at + random.below(2))
}

/** Another case, letters that fold alike, or escapes, once or twice. */
function rewriteSome(random: Random, text: string): string {
  if (random.chance(0.3)) return text
  if (random.chance(0.3)) return random.chance(0.5) ? text.toUpperCase() : text.toLowerCase()
  if (random.chance(0.3)) {
    const [letter, other] = random.pick(odd)
    return text.replace(letter, other)
  }
  const share = random.chance(0.5) ? 1 : 0.2
  const once = escapeSome(random, text, share)
  return random.chance(0.5) ? once : escapeSome(random, once, share)
}

function escapeSome(random: Random, text: string, share: number): string {
  let escaped = ''
  for (const byte of Buffer.from(text)) {
    const isEscaped = byte >= 0x80 || random.chance(share)
    escaped += isEscaped ? `%${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte)
  }
  return escaped
}
