// Cookies whose names mean something to JavaScript: as names and with an attack as value. No rule of the default ruleset raises
// an event on cookies, so these are the rules of an operator.
import t from 'tap'
import { makeRecord } from '#src/batch/make-record.js'
import type { PrefilterMode } from '#src/options/serve-options.js'
import { type BuiltInspector, buildInspector } from '#src/worker/build-inspector.js'
import { createCaseSettings } from '../cases/check-case.js'

const names = ['__proto__', 'constructor', 'prototype', 'toJSON', 'hasOwnProperty', 'then', '0', '7', '4294967295', '']

const rule = (id: string, list: readonly string[], transformers: readonly string[]) => ({
  id,
  name: id,
  tags: { type: id },
  transformers,
  conditions: [{ operator: 'phrase_match', parameters: { inputs: [{ address: 'server.request.cookies' }], list } }],
})
const ruleset = {
  version: '2.2',
  rules: [
    rule('value', ['$globals'], []),
    rule(
      'name',
      names.filter((name) => name !== ''),
      ['keys_only'],
    ),
  ],
}

async function build(prefilter: PrefilterMode): Promise<BuiltInspector> {
  const settings = await createCaseSettings(prefilter)
  const documents = [{ path: 'cookies.json', text: JSON.stringify(ruleset) }]
  return buildInspector({ ...settings, ruleset: { documents } })
}

for (const prefilter of ['off', 'on', 'verify'] as const) {
  t.test(`cookies of any name are seen, prefilter ${prefilter}`, async (t) => {
    const built = await build(prefilter)
    t.teardown(() => built.dispose())
    const typesOf = (...lines: readonly string[]): readonly string[] => {
      const headers = lines.map((line) => ['cookie', line] as const)
      return built.inspector
        .inspect(makeRecord({ headers }))
        .matches.map(({ id }) => id)
        .sort()
    }
    for (const name of names) {
      const asName = name === '' ? [] : ['name']
      t.strictSame(typesOf(`${name}=$globals`), [...asName, 'value'], `${name} with an attack`)
      t.strictSame(typesOf(`a=b; ${name}=%24globals; c=d`), [...asName, 'value'], `${name} among others, encoded`)
      t.strictSame(typesOf(`${name}=1; ${name}=2`, `${name}="$globals"`), [...asName, 'value'], `${name} repeated`)
      t.strictSame(typesOf(`${name}=plain`), asName, `${name} without an attack`)
      if (name !== '') t.strictSame(typesOf(name), asName, `${name} alone`)
    }
    t.strictSame(typesOf(`x=1; ${names.map((name) => `${name}=plain`).join('; ')}; y=$globals`), ['name', 'value'])
    t.strictSame(typesOf('proto=1; to_json=2'), [])
  })
}
