// How rulesets are found, read and ordered.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { defaultRulesetPath, parseRulesetDocument, readRuleset, rulesetFileLimitBytes } from '#src/engine/ruleset.js'
import { MirrorwafError } from '#src/errors.js'
import { readTextFile } from '#src/read-text-file.js'

const custom = '{"custom_rules": []}'
const base = '{"rules": []}'

t.test('without files the packaged ruleset is taken alone', async (t) => {
  const { documents } = await readRuleset([])
  t.equal(documents.length, 1)
  t.equal(documents[0]?.path, defaultRulesetPath())
})

t.test('a file with rules replaces the packaged ruleset, whatever its place among additions', async (t) => {
  const dir = t.testdir({ 'base.json': base, 'custom.json': custom })
  const { documents } = await readRuleset([join(dir, 'custom.json'), join(dir, 'base.json')])
  t.strictSame(
    documents.map(({ path }) => path),
    [join(dir, 'base.json'), join(dir, 'custom.json')],
    'what brings rules comes first, because additions refer to it',
  )
})

t.test('a file with rules_compat only counts as one with rules', async (t) => {
  const dir = t.testdir({ 'compat.json': '{"rules_compat": []}' })
  const { documents } = await readRuleset([join(dir, 'compat.json')])
  t.equal(documents.length, 1)
})

t.test('files with additions only are merged onto the packaged ruleset, in the order given', async (t) => {
  const dir = t.testdir({ 'b.json': custom, 'a.json': '{"rules_data": []}' })
  const { documents } = await readRuleset([join(dir, 'b.json'), join(dir, 'a.json')])
  t.strictSame(
    documents.map(({ path }) => path),
    [defaultRulesetPath(), join(dir, 'b.json'), join(dir, 'a.json')],
  )
})

t.test('a byte order mark is no fault', async (t) => {
  const dir = t.testdir({ 'bom.json': `\uFEFF${base}` })
  const { documents } = await readRuleset([join(dir, 'bom.json')])
  t.equal(documents[0]?.text, base)
})

t.test('a missing file is MWAF_RULESET_READ and names the path', async (t) => {
  await t.rejects(readRuleset(['/nowhere/rules.json']), {
    code: 'MWAF_RULESET_READ',
    details: { path: '/nowhere/rules.json' },
  })
})

t.test('bytes that are not UTF-8 are MWAF_RULESET_READ', async (t) => {
  const path = join(t.testdir(), 'latin1.json')
  writeFileSync(path, Buffer.from('{"rules": ["\xe9"]}', 'latin1'))
  await t.rejects(readRuleset([path]), { code: 'MWAF_RULESET_READ', message: /not UTF-8/ })
})

t.test('broken JSON is MWAF_RULESET_INVALID with line and column', async (t) => {
  const dir = t.testdir({ 'broken.json': '{\n  "rules": [1,\n 2 3]}' })
  const path = join(dir, 'broken.json')
  await t.rejects(readRuleset([path]), { code: 'MWAF_RULESET_INVALID', details: { path }, message: /line 3 column 4/ })
})

t.test('JSON that is no ruleset is MWAF_RULESET_INVALID', async (t) => {
  const dir = t.testdir({ 'list.json': '[]', 'other.json': '{"name": "x", "rulez": []}' })
  await t.rejects(readRuleset([join(dir, 'list.json')]), { code: 'MWAF_RULESET_INVALID', message: /not a JSON object/ })
  await t.rejects(readRuleset([join(dir, 'other.json')]), {
    code: 'MWAF_RULESET_INVALID',
    message: /none of the sections/,
  })
})

t.test('a section name that objects inherit is no section', async (t) => {
  const dir = t.testdir({ 'proto.json': '{"__proto__": {"rules": []}}' })
  await t.rejects(readRuleset([join(dir, 'proto.json')]), { code: 'MWAF_RULESET_INVALID' })
})

t.test('a document parses into its object', async (t) => {
  t.strictSame(parseRulesetDocument({ path: 'x', text: base }), { rules: [] })
  t.throws(() => parseRulesetDocument({ path: 'x', text: 'null' }), MirrorwafError)
})

t.test('files are read up to their limit and not a byte further', async (t) => {
  const dir = t.testdir({ 'ten.txt': '0123456789' })
  t.equal(await readTextFile(join(dir, 'ten.txt'), 10), '0123456789')
  await t.rejects(readTextFile(join(dir, 'ten.txt'), 9), { message: /larger than 9 bytes/ })
  t.equal(rulesetFileLimitBytes, 64 * 1024 * 1024)
})
