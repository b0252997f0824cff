// Large bodies through all rules: padding hides nothing, with the sieve in front of the engine or without it.
import t from 'tap'
import { makeRecord, type RequestParts } from '#src/batch/make-record.js'
import type { BuiltInspector } from '#src/worker/build-inspector.js'
import { shapedBytes } from '#src/worker/suspect-sieve.js'
import { createCaseEngine, inspectWith } from '../cases/check-case.js'
import { Random } from '../fuzz/random.js'

const attacks = [
  '$globals',
  '<script>alert(1)</script>',
  "1' or '1'='1' -- ",
  '../../../../etc/passwd',
  `\${jndi:ldap://x/a}`,
  ';cat /etc/passwd',
  '{{7*7}}',
  'http://169.254.169.254/latest/meta-data',
]
const words = [
  'plain',
  'words',
  'and',
  "it's",
  'so',
  '(1)',
  'select',
  'a=b',
  'http://shop.example/x',
  '<b>',
  '--',
  '%20',
  'é',
]
const keys = ['a', 'name', '__proto__', 'constructor', 'prototype', '$ne', 'x[y]', 'id', 'toJSON', '0']
const rounds = 60

const whole = await createCaseEngine('off')
const sieved = await createCaseEngine('on')
t.teardown(() => {
  whole.dispose()
  sieved.dispose()
})

t.test('the rules find in a sieved large body all that they find in the whole of it', async (t) => {
  t.ok(sieved.prefilter?.findsAllValues, 'the default ruleset is sieved for')
  const random = new Random(4)
  const found = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    const request = randomRequest(random)
    const expected = inspectWith(whole)(request).types
    const actual = inspectWith(sieved)(request).types
    // It may find more: keys that one rule asks for together come to the engine in one run.
    t.strictSame(
      expected.filter((type) => !actual.includes(type)),
      [],
      `round ${round}`,
    )
    for (const type of expected) found.add(type)
  }
  t.ok(found.size >= 5, `${[...found]}`)
})

t.test('what the engine is given does not grow with padding', async (t) => {
  const runs = (built: BuiltInspector, kib: number): number => {
    const body = 'a'.repeat(kib * 1024) + attacks[0]
    const record = makeRecord({ method: 'POST', headers: [['content-type', 'text/plain']], body })
    const { matches, engineRunCount } = built.inspector.inspect(record)
    t.equal(matches.length, 1)
    return engineRunCount
  }
  t.equal(runs(sieved, 1000), runs(sieved, 100))
  t.ok(runs(whole, 1000) > runs(whole, 100), 'without the sieve it does')
})

t.test(
  'within the default time an attack behind any padding is found, or the request does not read as clean',
  async (t) => {
    const hurried = await createCaseEngine('on', 10_000)
    t.teardown(() => hurried.dispose())
    for (const kib of [100, 300, 900]) {
      for (const word of words) {
        const body = `${word} `.repeat((kib * 1024) / (word.length + 1)) + attacks[0]
        const record = makeRecord({ method: 'POST', headers: [['content-type', 'text/plain']], body })
        t.not(hurried.inspector.inspect(record).outcome, 'clean', `${kib} KiB of ${word}`)
      }
    }
  },
)

/** Long enough to be sieved; attacks and odd names anywhere in it. */
function randomRequest(random: Random): RequestParts {
  const pieces: unknown[] = []
  const byteCount = random.between(2, 5) * shapedBytes
  for (let length = 0; length < byteCount; length += 40) pieces.push(randomValue(random, 0))
  if (random.chance(0.7)) {
    const body = JSON.stringify(random.chance(0.5) ? pieces : { pad: words.join(' ').repeat(300), pieces })
    return { method: 'POST', headers: [['content-type', 'application/json']], body }
  }
  const pairs = pieces.map((piece) => `${random.pick(keys)}=${encodeURIComponent(JSON.stringify(piece))}`)
  return { method: 'POST', headers: [['content-type', 'application/x-www-form-urlencoded']], body: pairs.join('&') }
}

function randomValue(random: Random, depth: number): unknown {
  switch (depth > 3 ? 0 : random.below(5)) {
    case 0:
      return random.below(1000)
    case 1:
      return Array.from({ length: random.below(4) }, () => randomValue(random, depth + 1))
    case 2:
      return Object.fromEntries(
        Array.from({ length: random.below(3) }, () => [randomKey(random), randomValue(random, depth + 1)]),
      )
    default:
      return Array.from({ length: random.between(1, 12) }, () => randomWord(random)).join(' ')
  }
}

/** Rare ones rarely: a body in which everything matches at its beginning would prove nothing. */
function randomKey(random: Random): string {
  return random.chance(0.003) ? random.pick(keys) : `k${random.below(50)}`
}

function randomWord(random: Random): string {
  if (random.chance(0.0005)) return random.pick(attacks)
  return random.chance(0.02) ? random.pick(words) : `w${random.below(500)}`
}
