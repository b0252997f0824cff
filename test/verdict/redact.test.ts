import t from 'tap'
import {
  createRedaction,
  outOfTimeMark,
  partLimit,
  redactedMark,
  searchLimit,
  targetLimit,
} from '#src/verdict/redact.js'
import { listReportedHeaders } from '#src/verdict/reported-headers.js'
import { customRedaction, defaultPatterns, withDefaults } from './support/redaction.js'

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJlLWh1bnRlcjI'

t.test('a query keeps what is no secret, byte for byte', async (t) => {
  for (const query of ['', 'x=$globals', 'a=normal+text&b=%27+OR+1%3D1--', 'x=1&&y', '=', 'a=b=c', '%zz=%', 'é=ü']) {
    t.equal(
      withDefaults((redactor) => redactor.redactQuery(query)),
      query,
    )
  }
})

t.test('secrets leave a query, however they are written', async (t) => {
  const cases: readonly (readonly [query: string, shown: string])[] = [
    ['password=hunter2&x=$globals', 'password=<Redacted>&x=$globals'],
    ['PassWord=hunter2', 'PassWord=<Redacted>'],
    ['password=hun;ter2', 'password=<Redacted>'],
    ['a=1&user[pwd]=hunter2', 'a=1&user[pwd]=<Redacted>'],
    ['p%61ssword=hunter2', 'p%61ssword=<Redacted>'],
    ['p%2561ssword=hunter2', 'p%2561ssword=<Redacted>'],
    ['next=/login?password=hunter2', 'next=/login?password=<Redacted>'],
    ['next=%2Flogin%3Fpassword%3Dhunter2', 'next=<Redacted>'],
    ['next=%252Flogin%253Fpassword%253Dhunter2', 'next=<Redacted>'],
    ['q=%7B%22password%22%3A%22hunter2%22%7D', 'q=<Redacted>'],
    ['q={"password":"hunter2"}', 'q={"password":<Redacted>}'],
    ['q={"password":"hunter2', 'q=<Redacted>'],
    ['q={"password":["hunter2"]}', 'q=<Redacted>'],
    ['q={"password":"a\\"hunter2"}', 'q=<Redacted>'],
    ['{"password":"a&hunter2"}', '{"password":<Redacted>}'],
    ['%7B%22password%22%3A%22a&hunter2%22%7D', redactedMark],
    [`x=${jwt}`, 'x=<Redacted>'],
    [`x=Bearer+hunter2&y=1`, 'x=<Redacted>&y=1'],
    ['password%3Dhunter2', redactedMark],
    ['next=https://me:hunter2@a/', 'next=https://<Redacted>@a/'],
    ['next=https%3A%2F%2Fme%3Ahunter2%40a', 'next=<Redacted>'],
    ['next=https://a/@me', 'next=https://a/@me'],
    ['next=https://me:hun@ter2@a/', 'next=https://<Redacted>@a/'],
    ['key=-----BEGIN PRIVATE KEY-----hunter2', 'key=<Redacted>'],
  ]
  for (const [query, shown] of cases) {
    const actual = withDefaults((redactor) => redactor.redactQuery(query))
    t.equal(actual, shown, query)
    t.notMatch(actual, /hunter2|c2lnbmF0/)
  }
})

t.test('secrets leave a path', async (t) => {
  const cases: readonly (readonly [path: string, shown: string])[] = [
    ['/', '/'],
    ['*', '*'],
    ['//a/./..%2f/etc/passwd', '//a/./..%2f/etc/passwd'],
    ['/a/b;jsessionid=hunter2;v=1/x', '/a/b;jsessionid=<Redacted>;v=1/x'],
    [`/reset/${jwt}`, '/reset/<Redacted>'],
    ['/password=hunter2/a', '/password=<Redacted>/a'],
    ['/%7B%22token%22:%22hunter2', '/<Redacted>'],
    ['//me:hunter2@host/a', '//<Redacted>@host/a'],
    ['/to/https://me:hunter2@host/a@b', '/to/https://<Redacted>@host/a@b'],
    ['/to/https://me:hunter2%40host/a', '/to/https://<Redacted>%40host/a'],
    ['/to/https://me:hun@ter2@host/a', '/to/https://<Redacted>@host/a'],
    ['/users/@me//a', '/users/@me//a'],
    ['/me:hunter2@host/x', '/me:<Redacted>@host/x'],
    ['/a/me%3Ahunter2%40host/x', '/a/me%3A<Redacted>%40host/x'],
    ['/a/me:hun@ter;2@host', '/a/me:<Redacted>@host'],
    ['/to/https:/me:hunter2@host', '/to/https:/me:<Redacted>@host'],
    ['me:hunter2@host/x', 'me:<Redacted>@host/x'],
    ['/12:30/@me/a:b', '/12:30/@me/a:b'],
  ]
  for (const [path, shown] of cases) {
    t.equal(
      withDefaults((redactor) => redactor.redactPath(path)),
      shown,
    )
  }
})

t.test('header values that are credentials are hidden whole', async (t) => {
  const hidden: readonly (readonly [name: string, value: string])[] = [
    ['authorization', 'anything'],
    ['proxy-authorization', 'anything'],
    ['cookie', 'a=b'],
    ['set-cookie', 'a=b'],
    ['x-api-key', 'anything'],
    ['x-auth-token', 'anything'],
    ['x-forwarded', 'Basic aHVudGVyMg=='],
    ['x-forwarded', 'AWS4-HMAC-SHA256 Credential=hunter2'],
    ['via', 'password: hunter2'],
  ]
  for (const [name, value] of hidden) {
    t.equal(
      withDefaults((redactor) => redactor.redactHeader(name, value)),
      redactedMark,
      name,
    )
  }
  // The fixed list holds also when the operator turned the expressions off.
  t.equal(
    customRedaction('', '')((redactor) => redactor.redactHeader('cookie', 'a=b')),
    redactedMark,
  )
})

t.test('no reported header is hidden for its name', async (t) => {
  for (const name of listReportedHeaders(['x-forwarded-for', 'fastly-client-ip'])) {
    t.equal(
      withDefaults((redactor) => redactor.redactHeader(name, 'plain')),
      'plain',
      name,
    )
  }
})

t.test('text up to the search limit is shown whole, beyond it is cut and marked', async (t) => {
  const longest = 'a '.repeat(searchLimit / 2)
  const shown = withDefaults((redactor) => [redactor.redactText(longest), redactor.redactText(`${longest}b`)])
  t.equal(shown[0], longest)
  t.equal(shown[1], `${longest}…[cut 1 bytes]`)
})

t.test('a secret that straddles the cut does not show its beginning', async (t) => {
  for (const secret of ['{"password":"hunter2', 'password=hunter2', `x ${jwt}`, '"api_key" : "hunter2']) {
    for (let shift = 0; shift < 60; shift++) {
      const text = `${'a '.repeat(searchLimit / 2 - shift)}${secret}${'z'.repeat(50)}"}`
      const shown = withDefaults((redactor) => redactor.redactText(text))
      t.notMatch(shown, /hunt|eyJ.*\.e/, `${secret} ${shift}`)
    }
  }
})

t.test('a query beyond what is shown is cut after a pair and marked', async (t) => {
  const pairs = Array.from({ length: partLimit }, (_, index) => `k${index}=${'v'.repeat(100)}`)
  const shown = withDefaults((redactor) => redactor.redactQuery(pairs.join('&')))
  t.ok(shown.length > targetLimit && shown.length < targetLimit + 128)
  t.match(shown, /&…\[cut \d+ bytes\]$/)
})

t.test('up to the limit of pairs each is looked at alone, those beyond are searched together', async (t) => {
  const filler = (count: number): string => 'a=b&'.repeat(count)
  const show = (query: string): string => withDefaults((redactor) => redactor.redactQuery(query))
  const last = `${filler(partLimit - 1)}my_sid_x=hunter2`
  t.equal(show(last), `${filler(partLimit - 1)}my_sid_x=<Redacted>`)
  t.equal(show(`${filler(partLimit)}a=b&my_sid_x=hunter2`), `${filler(partLimit)}<Redacted>`)
})

t.test('when the time of an event is over, everything else is hidden', async (t) => {
  let nowMs = 0
  const redact = createRedaction(defaultPatterns, () => nowMs)
  const shown = redact((redactor) => {
    const before = redactor.redactText('early')
    nowMs = 1000
    return [before, redactor.redactText('late'), redactor.redactText(''), redactor.redactQuery('a=b')]
  })
  t.strictSame(shown, ['early', outOfTimeMark, '', outOfTimeMark])
  t.equal(
    redact((redactor) => redactor.redactText('next event')),
    'next event',
  )
})

t.test('an expression of the operator hides the whole value, as the engine does', async (t) => {
  const redact = customRedaction('(?i)^pin$', '\\d{16}')
  t.equal(
    redact((redactor) => redactor.redactQuery('pin=1&card=x1234567812345678&password=shown')),
    'pin=<Redacted>&card=<Redacted>&password=shown',
  )
})

t.test('empty expressions turn the redaction of keys and values off', async (t) => {
  t.equal(
    customRedaction('', '')((redactor) => redactor.redactQuery(`password=hunter2&x=${jwt}`)),
    `password=hunter2&x=${jwt}`,
  )
})

t.test('an expression that backtracks without end hides the event instead of holding the worker', async (t) => {
  const redact = customRedaction('', '(a+)+$')
  t.equal(
    redact((redactor) => redactor.redactText(`${'a'.repeat(2000)}b`)),
    outOfTimeMark,
  )
  t.equal(
    redact((redactor) => redactor.redactText('b')),
    'b',
  )
  const byKey = createRedaction({ ...defaultPatterns, keyRegex: '(a+)+$', isKeyRegexDefault: false }, () => 0)
  t.equal(
    byKey((redactor) => redactor.redactQuery(`${'a'.repeat(100)}b=1`)),
    outOfTimeMark,
  )
})

t.test('an expression that V8 cannot do like RE2 is refused by its option name', async (t) => {
  for (const [keyRegex, valueRegex, option] of [
    ['(?<=a)b', '', '--obfuscation-key-regex'],
    ['', '(', '--obfuscation-value-regex'],
    ['', '\\pX', '--obfuscation-value-regex'],
  ] as const) {
    t.throws(() => customRedaction(keyRegex, valueRegex), { code: 'MWAF_REDACTION_PATTERN', details: { option } })
  }
})
