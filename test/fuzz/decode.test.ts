// Throws mutated requests at the decoder: it must not throw, must keep what it promises its visitors (valid UTF-8, no text over
// the limit, balanced containers) and must give the engine the same texts, in parts within its limits. Seeds are fixed; a longer run is
// `node build/test/fuzz/decode.test.js RUNS SEED`.
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { makeRecord, type RequestParts } from '#src/batch/make-record.js'
import type { EngineValue } from '#src/engine/engine.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { EngineInputBuilder, maxContainerEntries, maxNesting } from '#src/request/engine-input.js'
import { RequestWalker } from '#src/request/request-walker.js'
import { maxTextBytes } from '#src/request/text-emitter.js'
import { prepareWalkSettings } from '#src/request/walk-settings.js'
import { createCollector } from '../request/support/collector.js'
import { grpcMessage, protobufField } from '../request/support/protobuf.js'
import { testOptions } from '../request/support/walk.js'
import { Random } from './random.js'

const [runsText = '3000', seedText = '4'] = process.argv.slice(2)
const runs = Number(runsText)

const multipart =
  '--b\r\nContent-Disposition: form-data; name="a[b]"; filename="x.txt"\r\nContent-Type: multipart/mixed; boundary=c\r\nContent-Transfer-Encoding: base64\r\n\r\n--c\r\nContent-Disposition: file; filename*=UTF-8\'\'%e2%82%ac\r\n\r\nabc\r\n--c--\r\n--b\r\nContent-Disposition: form-data; name=d\r\nContent-Type: application/json\r\n\r\n{"a":[1]}\r\n--b--\r\n'
const bodies: [string | Buffer, ...(string | Buffer)[]] = [
  '{"a":{"b":["c",1,-2.5e3,true,null,"\\u0024\\n\\ud83d\\ude00"]},"a":2}',
  '{"a":1}\n{"b":"c"}\n[[[[[[[[[[[[[[[[[[[["x"]]]]]]]]]]]]]]]]]]]]',
  'a=1&b[c][d]=%24x+y;z=1&&=q&%c3%28=%zz',
  multipart,
  '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a b="c&#36;" d=\'e\'>f<![CDATA[g]]><!--h--><i/></a>',
  'plain text with é, \u20ac and \u{1f600}',
  'x'.repeat(5000),
  grpcMessage(Buffer.concat([protobufField(1, 'a'), protobufField(2, protobufField(3, 'b'.repeat(40)))])),
  grpcMessage(gzipSync(protobufField(1, 'a')), 1),
]
const types: [string, ...string[]] = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'multipart/mixed; boundary="b',
  'application/xml; charset=utf-16',
  'text/plain; charset=iso-8859-1',
  'application/octet-stream',
  'application/json; charset=shift_jis',
  'application/grpc',
  'application/grpc-web-text+proto',
  ';;',
  '',
]
const encodings: [string, ...string[]] = ['', '', '', 'gzip', 'deflate', 'br', 'zstd', 'gzip, br', 'what']
const targets: [string, ...string[]] = [
  '/a/b?c=d&e[f]=%24',
  'http://u@h:1/a/%zz/../b;c?d;e=f',
  '*',
  'h:443',
  '//x?',
  '?',
  '',
]
const headerLines: [[string, string], ...[string, string][]] = [
  ['Host', 'app-shadow:80'],
  ['x-envoy-internal', 'true'],
  ['Cookie', 'a="b"; c=%41; d; =e; __proto__=f'],
  ['X-Forwarded-For', '10.0.0.1, [2001:db8::1]:80, 1.2.3.4:5, ::ffff:1.2.3.4'],
  ['Forwarded', 'for="[2001:db8::1]:80";by=x, for=1.2.3.4'],
  ['__proto__', 'x'],
]
const splices: [string, ...string[]] = [
  '\0',
  '\xff',
  '\xc0\xbc',
  '{',
  '"',
  '\\u',
  '%',
  '&',
  '--b\r\n',
  '\r\n\r\n',
  '<![CDATA[',
  ']]>',
  '<!--',
  '&#',
  '\ufeff',
  '=',
  ';',
  '[',
  'a'.repeat(300),
]

function mutate(random: Random, text: string | Uint8Array): Buffer {
  let bytes = Buffer.from(typeof text === 'string' ? Buffer.from(text) : text)
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(bytes.length + 1)
    const to = Math.min(bytes.length, at + random.below(20))
    const pieces = [bytes.subarray(0, at), bytes.subarray(at)]
    const kind = random.below(5)
    if (kind === 0) pieces.splice(1, 1)
    else if (kind === 1) pieces.splice(1, 1, bytes.subarray(to))
    else if (kind === 2) pieces.splice(1, 0, Buffer.from(random.pick(splices), 'latin1'))
    else if (kind === 3) pieces.splice(1, 0, Buffer.from([random.below(256)]))
    else pieces.splice(1, 0, ...Array.from({ length: 1 + random.below(60) }, () => bytes.subarray(at, to)))
    bytes = Buffer.concat(pieces)
  }
  return bytes
}

function makeRequest(random: Random): RequestParts {
  const encoding = random.pick(encodings)
  let body: Buffer = mutate(random, random.pick(bodies))
  if (random.below(8) === 0) body = Buffer.from(body.toString('utf8'), 'utf16le')
  if (encoding === 'gzip') body = gzipSync(body)
  if (encoding === 'deflate') body = deflateRawSync(body)
  if (encoding === 'br') body = brotliCompressSync(body)
  if (encoding !== '' && random.below(3) === 0) body = mutate(random, body)
  const lines = Array.from({ length: random.below(6) }, () => random.pick(headerLines))
  return {
    method: random.pick(['GET', 'POST', 'FOO', '']),
    target: mutate(random, random.pick(targets)),
    headers: [
      ['content-type', mutate(random, random.pick(types))],
      ['content-encoding', encoding],
      ...lines.map(([name, value]): [Buffer, Buffer] => [mutate(random, name), mutate(random, value)]),
    ],
    body,
    peer: random.pick(['192.0.2.1', '', '::1']),
  }
}

t.test('mutated requests keep every promise', async (t) => {
  const random = new Random(Number(seedText))
  const walker = new RequestWalker(prepareWalkSettings({ ...testOptions, trustedHops: 1 }), new DecodeBudget())
  for (let run = 0; run < runs; run++) {
    const request = makeRequest(random)
    const flaw = findFlaw(walker, request, random.below(30))
    if (flaw !== undefined) t.fail(`run ${run}: ${flaw}`, { request })
  }
  t.pass(`${runs} runs`)
})

t.test('a budget that ends anywhere leaves balanced containers', async (t) => {
  const random = new Random(Number(seedText) + 1)
  for (let run = 0; run < runs / 10; run++) {
    let nowMs = 0
    const budget = new DecodeBudget(() => nowMs++)
    budget.start(random.below(6))
    const walker = new RequestWalker(prepareWalkSettings(testOptions), budget)
    const body = Buffer.concat(Array.from({ length: 200 }, () => mutate(random, random.pick(bodies))))
    const flaw = findFlaw(walker, { ...makeRequest(random), body }, 1_000_000)
    if (flaw !== undefined) t.fail(`run ${run}: ${flaw}`)
  }
  t.pass(`${runs / 10} runs`)
})

/** @param doneAfter - strings after which the visitor wants no more; 0 = it wants all. */
function findFlaw(walker: RequestWalker, request: RequestParts, doneAfter: number): string | undefined {
  const record = makeRecord(request)
  const collectors = new Map<string, ReturnType<typeof createCollector>>()
  const sink = {
    address(name: string) {
      if (collectors.has(name)) throw new Error(`${name} asked for twice`)
      const collector = createCollector(doneAfter === 0 ? undefined : doneAfter)
      collectors.set(name, collector)
      return collector
    },
  }
  walker.walkHead(record, sink)
  walker.walkBody(record, sink)
  for (const [name, { shape }] of collectors) if (!isBalanced(shape)) return `${name}: ${shape}`
  const builder = new EngineInputBuilder()
  let flaw: string | undefined
  const built: string[] = []
  builder.reset((part) => {
    for (const value of Object.values(part)) {
      flaw ??= findOverLimit(value, 0)
      collectStrings(value, built)
    }
    return doneAfter !== 1
  })
  walker.walkHead(record, builder)
  builder.flush()
  walker.walkBody(record, builder)
  builder.flush()
  if (flaw !== undefined || doneAfter > 0) return flaw
  const sent = [...collectors.values()].flatMap((collector) => collector.strings)
  return built.sort().join('\n') === sent.sort().join('\n')
    ? undefined
    : 'the engine is given other texts than visitors saw'
}

function collectStrings(value: EngineValue, strings: string[]): void {
  if (typeof value === 'string') strings.push(value)
  else if (typeof value === 'object' && value !== null)
    for (const child of Object.values(value)) collectStrings(child, strings)
}

function isBalanced(shape: string): boolean {
  const stack: string[] = []
  for (const mark of shape) {
    if (mark === '{' || mark === '[') stack.push(mark)
    else if (stack.pop() !== (mark === '}' ? '{' : '[')) return false
  }
  return stack.length === 0
}

function findOverLimit(value: EngineValue, nesting: number): string | undefined {
  if (typeof value === 'string' && Buffer.byteLength(value) > maxTextBytes) return `a string of ${value.length}`
  if (typeof value !== 'object' || value === null) return undefined
  if (nesting + 1 > maxNesting) return `${nesting + 1} containers inside one another`
  const children = Object.values(value)
  if (children.length > maxContainerEntries) return `${children.length} entries`
  for (const child of children) {
    const flaw = findOverLimit(child, nesting + 1)
    if (flaw !== undefined) return flaw
  }
  return undefined
}
