import t from 'tap'
import { attributesLimit, describeAttributes, schemaLimit } from '#src/verdict/attributes.js'
import type { Redactor } from '#src/verdict/redact.js'
import { defaultRedaction } from './support/redaction.js'

function describe(attributes: Readonly<Record<string, unknown>>): Readonly<Record<string, string | number>> {
  return { ...defaultRedaction()((redactor: Redactor) => describeAttributes(attributes, redactor)) }
}

/** A schema whose JSON text has exactly so many characters. */
function schemaOf(length: number): object {
  return { [`k${'-'.repeat(length - '{"k":8}'.length)}`]: 8 }
}

const asIs: Redactor = {
  redactQuery: (text) => text,
  redactPath: (text) => text,
  redactHeader: (_name, text) => text,
  redactText: (text) => text,
}

t.test('a schema is JSON text with its shape kept', async (t) => {
  const schema = [{ user: [{ 'a b': [8, { category: 'pii' }], list: [[[8], [4]], { len: 3 }] }] }]
  t.strictSame(describe({ '_dd.appsec.s.req.body': schema }), { '_dd.appsec.s.req.body': JSON.stringify(schema) })
})

t.test('a key of a schema that is a secret is hidden', async (t) => {
  const token = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(20)}.${'b'.repeat(20)}`
  const { schema = '' } = describe({ schema: [{ [token]: [8] }] })
  t.match(schema, /<Redacted>/)
  t.notMatch(schema, /eyJ/)
})

t.test('a schema up to the limit is there, a longer one is left out whole', async (t) => {
  t.equal(String(describeAttributes({ s: schemaOf(schemaLimit) }, asIs)['s']).length, schemaLimit)
  t.strictSame({ ...describeAttributes({ s: schemaOf(schemaLimit + 1), next: 1 }, asIs) }, { next: 1 })
})

t.test('all attributes together are bounded in number and length', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`a${index}`, index]))
  t.equal(Object.keys(describe(many)).length, 64)
  const rest = attributesLimit - schemaLimit - 2
  t.strictSame(Object.keys(describeAttributes({ a: schemaOf(schemaLimit), b: 'x'.repeat(rest) }, asIs)), ['a', 'b'])
  t.strictSame(Object.keys(describeAttributes({ a: schemaOf(schemaLimit), b: 'x'.repeat(rest + 1) }, asIs)), ['a'])
})
