import { mkdirSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { type Directive, fileLimit, readNginxConfig } from '#src/doctor/config/nginx-directives.js'
import { configLimitBytes } from '#src/doctor/config/read-bounded-text.js'

function write(t: Test, files: Readonly<Record<string, string>>): string {
  const folder = t.testdir({})
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(`${folder}/${name}`.replace(/\/[^/]*$/, ''), { recursive: true })
    writeFileSync(`${folder}/${name}`, text)
  }
  return `${folder}/nginx.conf`
}

function names(directives: readonly Directive[]): readonly string[] {
  return directives.flatMap(({ name, block }) => [name, ...names(block ?? []).map((inner) => `${name}/${inner}`)])
}

t.test('blocks hold directives; each knows its file and line', async (t) => {
  const path = write(t, { 'nginx.conf': 'events {}\nhttp {\n  server { listen 80; }\n}\n' })
  const read = await readNginxConfig(path)
  t.strictSame(names(read), ['events', 'http', 'http/server', 'http/server/listen'])
  t.equal(read[1]?.block?.[0]?.place, `${path}:3`)
})

t.test('includes are followed, also by wildcard, hidden files not', async (t) => {
  const path = write(t, {
    'nginx.conf': 'http { include conf.d/*.conf; include mime.types; include none/*.conf; }',
    'conf.d/b.conf': 'b 1;',
    'conf.d/a.conf': 'a 1;',
    'conf.d/.c.conf': 'c 1;',
    'conf.d/d.bak': 'd 1;',
    'none/x': '',
    'mime.types': 'types {}',
  })
  t.strictSame(names(await readNginxConfig(path)), ['http', 'http/a', 'http/b', 'http/types'])
})

t.test('what is no configuration is refused, with the place', async (t) => {
  const bad: Readonly<Record<string, RegExp>> = {
    'a {': /not closed/,
    'a }': /does not end/,
    'a; }': /closes nothing/,
    a: /does not end/,
    'include missing.conf;': /ENOENT/,
    'include */x.conf;': /wildcards in folders/,
    'a "b;': /quote/,
  }
  for (const [text, reason] of Object.entries(bad)) {
    await t.rejects(
      readNginxConfig(write(t, { 'nginx.conf': text })),
      { code: 'MWAF_DOCTOR_CONFIG', message: reason },
      text,
    )
  }
})

t.test('a file that includes itself ends', async (t) => {
  const path = write(t, { 'nginx.conf': 'include nginx.conf;' })
  await t.rejects(readNginxConfig(path), { code: 'MWAF_DOCTOR_CONFIG' })
})

t.test('as many files as the limit are read, one more is refused', async (t) => {
  const includes = (count: number) => ({ 'nginx.conf': 'include a.conf;'.repeat(count), 'a.conf': 'a;' })
  t.equal((await readNginxConfig(write(t, includes(fileLimit - 1)))).length, fileLimit - 1)
  await t.rejects(readNginxConfig(write(t, includes(fileLimit))), { message: /more than 200 files/ })
})

t.test('32 nested blocks are read, 33 are refused', async (t) => {
  const nested = (depth: number) => ({ 'nginx.conf': 'a{'.repeat(depth) + '}'.repeat(depth) })
  await readNginxConfig(write(t, nested(32)))
  await t.rejects(readNginxConfig(write(t, nested(33))), { message: /nested deeper/ })
})

t.test('a file at the limit is read, one byte more is refused', async (t) => {
  const padded = (length: number) => ({ 'nginx.conf': `a;${'#'.repeat(length - 2)}` })
  t.equal((await readNginxConfig(write(t, padded(configLimitBytes)))).length, 1)
  await t.rejects(readNginxConfig(write(t, padded(configLimitBytes + 1))), { message: /longer than/ })
})
