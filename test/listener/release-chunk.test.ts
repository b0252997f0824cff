import t from 'tap'
import { releaseChunk } from '#src/listener/release-chunk.js'

const limitBytes = 16 * 1024

t.test('a large chunk with memory of its own gives it back', async (t) => {
  const chunk = Buffer.from(new ArrayBuffer(limitBytes))
  const { buffer } = chunk
  releaseChunk(chunk)
  t.equal(chunk.length, 0)
  t.equal(buffer.byteLength, 0)
})

t.test('a small chunk, a part of other memory, and shared memory are left alone', async (t) => {
  const large = new ArrayBuffer(limitBytes * 2)
  const kept = [
    Buffer.from(new ArrayBuffer(limitBytes - 1)),
    Buffer.from(large, 0, limitBytes),
    Buffer.from(large, 1),
    Buffer.from(new SharedArrayBuffer(limitBytes)),
  ]
  for (const chunk of kept) {
    const { length } = chunk
    releaseChunk(chunk)
    t.equal(chunk.length, length)
  }
})
