// What llhttp accepts, the tolerant reader reads alike: else a request could change its meaning with the reader it falls to.
import t from 'tap'
import { RecordFlag } from '#src/batch/record-layout.js'
import { createPieceScratch, RequestAssembly } from '#src/parser/request-assembly.js'
import { type Framing, readTolerantHead } from '#src/parser/tolerant-head.js'
import { Random } from '../fuzz/random.js'
import { randomStream } from '../fuzz/support/random-requests.js'
import { corpus } from './support/corpus.js'
import { generousLimits, type ReadRequest, readChunks } from './support/reading.js'

interface HeadReading {
  readonly method: string
  readonly target: string
  readonly httpVersion: number
  readonly headers: readonly (readonly [string, string])[]
  readonly framing: string
}

t.test('on every head of the corpus that llhttp accepts', async (t) => {
  const compared = Object.values(corpus).filter((text) => isAlike(t.fail, text))
  t.ok(compared.length >= 12, `${compared.length} heads`)
})

t.test('on 5,000 random streams', async (t) => {
  const random = new Random(20_261)
  let comparedCount = 0
  for (let index = 0; index < 5000; index += 1) if (isAlike(t.fail, randomStream(random))) comparedCount += 1
  t.ok(comparedCount > 1000, `${comparedCount} of them accepted by llhttp`)
})

/** @returns whether llhttp accepted the first head, so that there was something to compare. */
function isAlike(fail: (message: string) => unknown, text: string): boolean {
  const [first] = readChunks([text]).items
  if (first === undefined || typeof first === 'string') return false
  if ((first.flags & (RecordFlag.tolerant | RecordFlag.aborted)) !== 0 || first.parseError !== 'none') return false
  const expected = JSON.stringify(ofLlhttp(first))
  const found = JSON.stringify(ofTolerantReader(text, first))
  if (found !== expected) fail(`${JSON.stringify(text)}\nllhttp:   ${expected}\ntolerant: ${found}`)
  return true
}

/** llhttp leaves white space behind a value, which is no part of it (RFC 9112 5.1); the worker takes it off. */
function ofLlhttp(request: ReadRequest): HeadReading {
  const { method, target, httpVersion } = request
  const headers = request.headers.map(([name, value]): [string, string] => [name, value.replace(/[ \t]+$/, '')])
  return { method, target, httpVersion, headers, framing: framingOfLlhttp(request) }
}

/** What llhttp made of it; `any` where the tolerant reader is more careful, which only ever reads what is odd already. */
function framingOfLlhttp({ method, httpVersion, headers, bodySeenBytes }: ReadRequest): string {
  const encodings = headers.filter(([name]) => name.toLowerCase() === 'transfer-encoding').map(([, value]) => value)
  // HTTP/0.9 may end its line in a bare LF, an empty encoding counts for nothing, and one before `chunked` is fine.
  if (method === 'CONNECT' || httpVersion < 10 || encodings.some((value) => !/^chunked$/i.test(value))) return 'any'
  if (encodings.length > 0) return 'chunked'
  return bodySeenBytes > 0 ? `length ${bodySeenBytes}` : 'none'
}

function ofTolerantReader(text: string, request: ReadRequest): HeadReading | string {
  const bytes = Buffer.from(text, 'latin1')
  const assembly = new RequestAssembly(generousLimits, createPieceScratch())
  const head = readTolerantHead(bytes, 0, 0, false, generousLimits, assembly)
  if (head.kind !== 'head') return head.kind
  const slice = (start: number, end: number): string => bytes.toString('latin1', start, end)
  const span = (index: number): [string, string] => {
    const [a = 0, b = 0, c = 0, d = 0] = assembly.spans.subarray(index * 4)
    return [slice(a, b), slice(c, d)]
  }
  return {
    method: slice(head.methodStart, head.methodEnd),
    target: slice(assembly.targetStart, assembly.targetEnd),
    // llhttp calls a head without a version HTTP/0.9, the tolerant reader 0.0: neither is asked for.
    httpVersion: head.httpVersion === 0 ? request.httpVersion : head.httpVersion,
    headers: Array.from({ length: assembly.headerCount }, (_, index) => span(index)),
    framing: framingOfLlhttp(request) === 'any' ? 'any' : describeFraming(head.framing),
  }
}

function describeFraming(framing: Framing): string {
  return framing.kind === 'length' ? `length ${framing.lengthBytes}` : framing.kind
}
