// Objects at a path, out of JSON that arrives in pieces.
import t from 'tap'
import { JsonCapture } from '#src/commands/scan/json-capture.js'

const path = ['log', 'entries', '*', 'request']

interface Captured {
  readonly texts: string[]
  readonly capture: JsonCapture
}

/** Feeds `text` cut into pieces of `pieceLength` bytes. */
function captureAll(text: string, pieceLength = 1 << 20, limitBytes = 1 << 20): Captured {
  const capture = new JsonCapture(path, limitBytes)
  const bytes = Buffer.from(text)
  const texts: string[] = []
  for (let start = 0; start < bytes.length; start += pieceLength) {
    for (const found of capture.feed(bytes.subarray(start, start + pieceLength))) texts.push(found.toString())
  }
  return { texts, capture }
}

const har = `{ "log": {
  "version": "1.2", "pages": [{"request": {"no": 1}}, [], {}],
  "request": {"no": 2},
  "entries": [
    {"a": "}]\\"{", "request": {"url": "http://x/\\"}", "headers": [{"request": {"inner": true}}]}, "response": {"request": {"no": 3}}},
    {"request": "no object"}, {"request": ["list"]}, {"request": 5}, [{"request": {"no": 4}}],
    {"request":{"é":"\\\\"}}
  ],
  "after": [{"request": {"no": 5}}]
}, "entries": [{"request": {"no": 6}}] }`

const expected = ['{"url": "http://x/\\"}", "headers": [{"request": {"inner": true}}]}', '{"é":"\\\\"}']

t.test('only objects at exactly that path are captured', async (t) => {
  const { texts, capture } = captureAll(har)
  t.strictSame(texts, expected)
  t.ok(capture.isBalanced)
  t.ok(capture.isPathFound)
})

t.test('wherever the text is cut', async (t) => {
  for (const pieceLength of [1, 2, 3, 5, 7, 64])
    t.strictSame(captureAll(har, pieceLength).texts, expected, `${pieceLength}`)
})

t.test('a text that ends early is not balanced, and one without the list has no path', async (t) => {
  t.notOk(captureAll(har.slice(0, -1)).capture.isBalanced)
  t.notOk(captureAll('{"log": {"entries": "').capture.isBalanced)
  t.notOk(captureAll('{"log": {"pages": []}}').capture.isPathFound)
  t.notOk(captureAll('{"entries": []}').capture.isPathFound)
  t.ok(captureAll('{"log": {"entries": []}}').capture.isPathFound)
})

t.test('an object of exactly the limit is captured, one byte more is a fault', async (t) => {
  const text = '{"log":{"entries":[{"request":{"a":"b"}}]}}'
  for (const pieceLength of [1, 1000]) {
    t.strictSame(captureAll(text, pieceLength, 9).texts, ['{"a":"b"}'])
    const { texts, capture } = captureAll(text, pieceLength, 8)
    t.strictSame(texts, [])
    t.equal(capture.fault, 'too-large')
  }
})

t.test('nesting has a limit', async (t) => {
  t.equal(captureAll('['.repeat(512)).capture.fault, undefined)
  t.equal(captureAll('['.repeat(513)).capture.fault, 'too-deep')
})

t.test('closing brackets without opening ones do no harm', async (t) => {
  t.strictSame(captureAll(`]}}]${har}`).texts, expected)
})
