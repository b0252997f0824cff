// Chunks into lines.
import t from 'tap'
import { LineSplitter } from '#src/commands/scan/line-splitter.js'

function split(text: string, pieceLength: number, limitBytes = 100): { lines: string[]; dropped: number } {
  const splitter = new LineSplitter(limitBytes)
  const bytes = Buffer.from(text)
  const lines: string[] = []
  for (let start = 0; start < bytes.length; start += pieceLength) {
    for (const line of splitter.feed(bytes.subarray(start, start + pieceLength))) lines.push(line.toString())
  }
  for (const line of splitter.end()) lines.push(line.toString())
  return { lines, dropped: splitter.droppedCount }
}

t.test('lines end with LF or CRLF, the last one also with the file', async (t) => {
  for (const pieceLength of [1, 2, 3, 100]) {
    t.strictSame(split('ab\ncd\r\n\ne', pieceLength).lines, ['ab', 'cd', '', 'e'])
    t.strictSame(split('ab\n', pieceLength).lines, ['ab'])
    t.strictSame(split('', pieceLength).lines, [])
  }
})

t.test('a line of exactly the limit is kept, a longer one dropped and counted', async (t) => {
  for (const pieceLength of [1, 4, 100]) {
    t.strictSame(split('abcd\r\nx\n', pieceLength, 4), { lines: ['abcd', 'x'], dropped: 0 })
    t.strictSame(split('abcde\nx\n', pieceLength, 4), { lines: ['x'], dropped: 1 })
    t.strictSame(split('x\nabcdefghijkl', pieceLength, 4), { lines: ['x'], dropped: 1 })
  }
})
