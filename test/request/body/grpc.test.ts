import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { listOf, recordOf } from '#src/json-shape.js'
import { ProtobufWalker } from '#src/request/body/protobuf.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { DecodeTools } from '#src/request/decode-tools.js'
import { createCollector } from '../support/collector.js'
import { grpcMessage, protobufField, varint } from '../support/protobuf.js'
import { bodyOf, walk } from '../support/walk.js'

const grpc = (...messages: readonly Buffer[]) => bodyOf('application/grpc', Buffer.concat(messages))
const fields = (...list: readonly Buffer[]) => Buffer.concat(list)
const message = (...list: readonly Buffer[]) => grpcMessage(fields(...list))

function nested(levels: number, inner: Buffer): Buffer {
  let bytes = inner
  for (let level = 0; level < levels; level += 1) bytes = protobufField(1, bytes)
  return bytes
}

t.test('strings are values under their field numbers, from the outside in', async (t) => {
  const inner = fields(protobufField(1, 'street'), protobufField(2, 'città'))
  t.strictSame(
    grpc(
      message(protobufField(1, 'name'), protobufField(3, inner), protobufField(3, inner), protobufField(1, 'again')),
    ),
    { '1': ['name', 'again'], '3.1': ['street', 'street'], '3.2': ['città', 'città'] },
  )
})

t.test('scalars of all wire types and groups are stepped over', async (t) => {
  const scalars = fields(
    varint(1 * 8 + 0),
    Buffer.from('ffffffffffffffffff01', 'hex'),
    varint(2 * 8 + 1),
    Buffer.alloc(8),
    varint(3 * 8 + 5),
    Buffer.alloc(4),
    varint(4 * 8 + 3),
    protobufField(5, 'in a group'),
    varint(4 * 8 + 4),
    protobufField(536_870_911, 'the largest number'),
    protobufField(6, ''),
  )
  t.strictSame(grpc(grpcMessage(scalars)), { '5': ['in a group'], '536870911': ['the largest number'] })
})

t.test('what is no message goes out by its looks', async (t) => {
  const notMessages = [
    Buffer.from('0a05', 'hex'), // a length beyond the end
    Buffer.from('02', 'hex'), // field number 0
    Buffer.from('0e00', 'hex'), // wire type 6
    Buffer.from('08ffffffffffffffffffff01', 'hex'), // a varint of eleven bytes
    Buffer.from('0d000000', 'hex'), // a fixed32 of three bytes
  ]
  for (const bytes of notMessages) {
    const walker = new ProtobufWalker(new DecodeTools())
    const collector = createCollector()
    t.equal(walker.walk(collector, bytes, 0, bytes.length), false, bytes.toString('hex'))
    t.strictSame([collector.keys, collector.strings], [[], []])
  }
})

t.test('several messages are several values; compressed ones are unpacked', async (t) => {
  const packed = grpcMessage(gzipSync(protobufField(1, 'b')), 1)
  t.strictSame(grpc(message(protobufField(1, 'a')), packed), [{ '1': ['a'] }, { '1': ['b'] }])
})

t.test('messages inside one another: opened down to 100 levels, named down to 8', async (t) => {
  const leaf = protobufField(2, 'the leaf')
  const valuesOf = (levels: number) => recordOf(grpc(grpcMessage(nested(levels, leaf))))
  t.strictSame(listOf(valuesOf(7)['1.1.1.1.1.1.1.2']), ['the leaf'])
  // The innermost comes last; those around it have lengths that read as text, and go out as that too.
  const key = '1.1.1.1.1.1.1.1'
  t.equal(listOf(valuesOf(100)[key]).at(-1), 'the leaf')
  // One level more: the innermost message is not opened, but what is readable in it is a list of runs.
  t.strictSame(listOf(valuesOf(101)[key]).at(-1), ['the leaf'])
})

t.test('5,000 messages inside one another are walked to the depth limit and no further', async (t) => {
  const bytes = grpcMessage(nested(5_000, Buffer.from('x')))
  const { body } = walk({ headers: [['content-type', 'application/grpc']], body: bytes })
  t.equal(body.isTimedOut, false)
})

t.test('the budget ends a walk over many fields', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(5)
  const many = grpcMessage(Buffer.concat(Array<Buffer>(100_000).fill(protobufField(1, 'ab'))))
  const { body } = walk({ headers: [['content-type', 'application/grpc']], body: many }, {}, budget)
  t.equal(body.isTimedOut, true)
})

t.test('what messages unfold to is bounded over all of them', async (t) => {
  const packed = grpcMessage(gzipSync(protobufField(1, 'x'.repeat(1000))), 1)
  const report = (count: number) =>
    walk(
      { headers: [['content-type', 'application/grpc']], body: Buffer.concat(Array<Buffer>(count).fill(packed)) },
      { bodyInspectLimitBytes: 3 * 1003 },
    ).body
  t.equal(report(3).isTruncated, false)
  t.equal(report(4).isTruncated, true)
})

t.test('any tree of messages gives all its strings', async (t) => {
  const leaf = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'abcdefghij klmnop=<>\'"') })
  const { tree } = fc.letrec<{ tree: readonly unknown[]; node: unknown }>((tie) => ({
    tree: fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
    node: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, tie('tree')),
  }))
  fc.assert(
    fc.property(tree, (root) => {
      const expected: string[] = []
      const bytes = encodeTree(root, expected)
      const collector = createCollector()
      new ProtobufWalker(new DecodeTools()).walk(collector, bytes, 0, bytes.length)
      for (const text of expected) if (!collector.strings.includes(text)) throw new Error(`${text} is missing`)
    }),
    { seed: 9, numRuns: 500 },
  )
  t.pass()
})

t.test('any bytes after any prefix are walked without a throw', async (t) => {
  const types = ['application/grpc', 'application/grpc-web', 'application/grpc-web-text', 'application/grpc+json']
  fc.assert(
    fc.property(
      fc.constantFrom(...types),
      fc.constantFrom('gzip', 'deflate', 'br', 'zstd', 'identity', 'what'),
      fc.array(fc.record({ flags: fc.constantFrom(0, 1, 0x80, 0x81, 2), content: fc.uint8Array({ maxLength: 60 }) })),
      fc.uint8Array({ maxLength: 10 }),
      (type, encoding, messages, rest) => {
        const framed = Buffer.concat([...messages.map(({ flags, content }) => grpcMessage(content, flags)), rest])
        const body = type.endsWith('text') ? framed.toString('base64') : framed
        walk({
          headers: [
            ['content-type', type],
            ['grpc-encoding', encoding],
          ],
          body,
        })
      },
    ),
    { seed: 9, numRuns: 1000 },
  )
  t.pass()
})

function encodeTree(node: unknown, texts: string[]): Buffer {
  if (!Array.isArray(node)) {
    const text = String(node)
    texts.push(text)
    return Buffer.from(text)
  }
  return Buffer.concat(node.map((child: unknown, index) => protobufField(index + 1, encodeTree(child, texts))))
}

t.test('a string that also reads as a message goes out whole where a byte of text would stay behind', async (t) => {
  // `<`, `s` and `c` read as ends and starts of groups, `ri` as a field of 105 bytes.
  const split = `\x08\x01<scri${'pt src=//evil.example/x>'.padEnd(105, '.')}`
  t.match(grpc(message(protobufField(1, split))), { '1': [split] })
  // Two line feeds read as a field of ten bytes: alone they part words as well as spaces do.
  const lines = '\x08\x01\n\n1 union al\n\nl select 1'
  t.match(grpc(message(protobufField(1, lines))), { '1': [lines] })
  // Control characters alone are no text: such a message goes out once.
  t.strictSame(grpc(message(protobufField(1, protobufField(2, 'once')))), { '1.2': ['once'] })
})

t.test('text of many padded pieces is decoded within the budget', async (t) => {
  const headers: readonly (readonly [string, string])[] = [['content-type', 'application/grpc-web-text']]
  const inPieces = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.of(byte).toString('base64')).join('')
  const whole = walk({ headers, body: inPieces(message(protobufField(1, 'in pieces'))) })
  t.match(JSON.stringify(whole.parts), 'in pieces')
  t.equal(whole.body.isTimedOut, false)
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(4)
  t.equal(walk({ headers, body: 'AAAA='.repeat(100_000) }, {}, budget).body.isTimedOut, true)
  t.ok(budget.spentBytes < 100_000, `${budget.spentBytes}`)
})
