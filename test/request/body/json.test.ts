import fc from 'fast-check'
import t from 'tap'
import { JsonWalker } from '#src/request/body/json.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { DecodeTools } from '#src/request/decode-tools.js'
import { createCollector } from '../support/collector.js'
import { bodyOf } from '../support/walk.js'

const json = (body: string | Uint8Array) => bodyOf('application/json', body)

function collect(text: string | Uint8Array, doneAfter?: number) {
  const bytes = Buffer.from(text)
  const visitor = createCollector(doneAfter)
  const report = new JsonWalker(new DecodeTools()).walk(visitor, bytes, 0, bytes.length)
  return { visitor, report }
}

t.test('reads what JSON.parse reads', async () => {
  const value = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, '\t'), (tree, indent) => {
      const text = JSON.stringify(tree, null, indent)
      return JSON.stringify(json(text)) === JSON.stringify(JSON.parse(replaceLoneSurrogates(text)))
    }),
    { numRuns: 2000, seed: 4 },
  )
})

t.test('reads every escape', async (t) => {
  t.equal(json('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC"'), '"\\/\b\f\n\r\tAé€')
  t.equal(json('"\\ud83d\\ude00"'), '😀')
  t.equal(json('"\\ud83d\\u0041 \\ude00 \\ud83d"'), '\ufffdA \ufffd \ufffd')
  t.equal(json('"\\x41\\u00zz\\u"'), '\\x41\\u00zz\\u', 'what is no escape stays')
})

t.test('reads numbers', async (t) => {
  t.strictSame(
    json('[0,-0,1,-1,12345678901234567890,1.5,-2e3,1E+2,0.1e-5]'),
    [0, 0, 1, -1, 12345678901234567000, 1.5, -2000, 100, 0.000001],
  )
  t.strictSame(json('[999999999999999,9999999999999999]'), [999999999999999, 10000000000000000])
  t.strictSame(json(`[1e999,NaN,Infinity,-Infinity,${'9'.repeat(64)},${'9'.repeat(65)}]`), [
    null,
    null,
    null,
    null,
    Number('9'.repeat(64)),
    null,
  ])
})

t.test('values after the first are kept', async (t) => {
  t.strictSame(json('{"a":1}{"b":2}[3]4"5"'), [{ a: 1 }, { b: 2 }, [3], 4, '5'])
  t.strictSame(json('\u001e{"a":1}\n\u001e{"a":2}\n'), [{ a: 1 }, { a: 2 }])
  t.strictSame(json('  '), undefined)
})

t.test('what is complete before a cut is kept, and the cut string as far as it goes', async (t) => {
  t.strictSame(json('{"a":"b","c":["d","ef'), { a: 'b', c: ['d', 'ef'] })
  t.strictSame(json('{"a":"b","ke'), { a: 'b', ke: null })
  t.strictSame(json('{"a":"b","k"'), { a: 'b', k: null })
  t.strictSame(json('{"a":'), { a: null })
  t.strictSame(json('{"a":"x\\'), { a: 'x\\' })
  t.strictSame(json('{"a":"x\\u00'), { a: 'x\\u00' })
  for (const text of ['{', '[', '"', '{"a"', '{"a":', '[1,', '[t', '[fals', '[nul', '[-', '[1e'])
    t.equal(collect(text).report.fault, 'json_cut', text)
  for (const text of ['{}', '[]', '""', '1', 'null', '']) t.equal(collect(text).report.fault, undefined, text)
})

t.test('a cut anywhere loses no string before it', async () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: fc.constantFrom('a', '"', '\\', '\n', '\u0001') }), fc.nat(), (text, at) => {
      const bytes = Buffer.from(text)
      const whole = collect(bytes).visitor
      const cut = collect(bytes.subarray(0, at % (bytes.length + 1))).visitor
      const complete = cut.strings.slice(0, -1)
      return JSON.stringify(complete) === JSON.stringify(whole.strings.slice(0, complete.length))
    }),
    { numRuns: 2000, seed: 4 },
  )
})

t.test('the text around a fault goes out raw and with its escapes decoded', async (t) => {
  t.strictSame(json('{"a":"b", oops: "\\u0041"}'), [{ a: 'b' }, '{"a":"b", oops: "\\u0041"}', '{"a":"b", oops: "A"}'])
  t.strictSame(json('{{7*7}}'), [{}, '{{7*7}}'], 'nothing before the fault is lost')
  const far = collect(`["${'x'.repeat(3000)}", oops]`).visitor
  t.equal(far.strings[1]?.length, 1024 + 'oops]'.length, 'only what could straddle the fault is repeated')
})

t.test('each kind of fault is one', async (t) => {
  const faults = [
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{1:2}',
    '[1 2]',
    '{"a":1]',
    '[1}',
    '}',
    ']',
    ',',
    ':',
    '{,}',
    "{'a':1}",
    '[tru]',
    '[trux',
    '[x',
    '[truee]',
    '[+]',
    '[.]',
    '[1x]',
    '/* */ 1',
    '[,1]',
  ]
  for (const text of faults) t.equal(collect(text).report.fault, 'json_syntax', text)
  t.equal(collect('[1,]').report.fault, undefined, 'a trailing comma is let pass')
  t.equal(collect('{"a":1,}').report.fault, undefined)
})

t.test('containers are closed whatever happens', async () => {
  const noise = fc.string({
    unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '1', 'a', '\\', ' '),
    maxLength: 40,
  })
  fc.assert(
    fc.property(noise, (text) => isBalanced(collect(text).visitor.shape)),
    { numRuns: 5000, seed: 4 },
  )
})

t.test('says whether it met a container', async (t) => {
  t.equal(collect('a=b').report.hasContainer, false)
  t.equal(collect('1=b').report.hasContainer, false)
  t.equal(collect('{a').report.hasContainer, true)
})

t.test('nesting has no limit and no recursion', async (t) => {
  const { visitor, report } = collect(`${'['.repeat(1_000_000)}"x"`)
  t.strictSame(visitor.strings, ['x'])
  t.equal(visitor.shape.length, 2_000_000)
  t.equal(report.fault, 'json_cut')
})

t.test('a visitor that is done ends the walk', async (t) => {
  t.equal(collect('["a","b","c"]', 1).visitor.strings.length, 1)
})

t.test('a spent budget ends the walk between values and inside a long string', async (t) => {
  for (const text of [`["${'x'.repeat(3_000_000)}"]`, `[${'"x",'.repeat(750_000)}1]`]) {
    let nowMs = 0
    const budget = new DecodeBudget(() => nowMs++)
    budget.start(4)
    const bytes = Buffer.from(text)
    const visitor = createCollector()
    const report = new JsonWalker(new DecodeTools(budget)).walk(visitor, bytes, 0, bytes.length)
    t.equal(report.isTimedOut, true)
    t.ok(visitor.strings.join('').length < 300_000)
    t.ok(isBalanced(visitor.shape))
  }
})

function isBalanced(shape: string): boolean {
  const stack: string[] = []
  for (const mark of shape) {
    if (mark === '{' || mark === '[') stack.push(mark)
    else if (stack.pop() !== (mark === '}' ? '{' : '[')) return false
  }
  return stack.length === 0
}

/** JSON.stringify writes a lone surrogate as an escape; UTF-8, and so the engine, cannot hold one. */
function replaceLoneSurrogates(text: string): string {
  return text.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, '$1\\ufffd')
}
