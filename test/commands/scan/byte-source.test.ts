// Files, gzipped or not, as chunks.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { headLimitBytes, openByteSource } from '#src/commands/scan/byte-source.js'
import { detectFormat } from '#src/commands/scan/scan-format.js'

async function readAll(path: string): Promise<{ head: Buffer; content: Buffer; read: number; total: number }> {
  const { head, chunks, progress } = await openByteSource(path)
  const parts: Buffer[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return { head, content: Buffer.concat(parts), read: progress.readBytes, total: progress.totalBytes }
}

/** Does not compress to nothing, so that gzip too comes in several chunks. */
const content = Buffer.from(Array.from({ length: 60_000 }, (_, index) => `${(index * 7919) % 65_536} `).join(''))

t.test('a file comes whole, and its start twice', async (t) => {
  const path = join(t.testdir(), 'plain')
  writeFileSync(path, content)
  const all = await readAll(path)
  t.ok(all.content.equals(content))
  t.ok(all.head.equals(content.subarray(0, headLimitBytes)))
  t.equal(all.read, content.length)
  t.equal(all.total, content.length)
})

t.test('gzip is told by its first bytes, not by its name; several members are one text', async (t) => {
  const path = join(t.testdir(), 'no-suffix')
  writeFileSync(path, Buffer.concat([gzipSync(content), gzipSync(Buffer.from('tail'))]))
  const all = await readAll(path)
  t.ok(all.content.equals(Buffer.concat([content, Buffer.from('tail')])))
  t.ok(all.head.equals(content.subarray(0, headLimitBytes)))
  t.equal(all.read, all.total)
})

t.test('files of no, one and two bytes', async (t) => {
  for (const text of ['', 'a', '\x1f', 'ab']) {
    const path = join(t.testdir(), 'small')
    writeFileSync(path, text, 'latin1')
    t.equal((await readAll(path)).content.toString('latin1'), text)
  }
})

t.test('what cannot be read is MWAF_SCAN_INPUT: missing, a folder, gzip cut short or broken', async (t) => {
  const dir = t.testdir({ folder: {} })
  const zipped = gzipSync(content)
  writeFileSync(join(dir, 'cut'), zipped.subarray(0, -9))
  writeFileSync(join(dir, 'broken'), Buffer.concat([zipped.subarray(0, 50), Buffer.alloc(50, 0xff)]))
  for (const name of ['missing', 'folder', 'cut', 'broken']) {
    const path = join(dir, name)
    await t.rejects(readAll(path), { code: 'MWAF_SCAN_INPUT', details: { path } }, name)
  }
})

t.test('formats are told apart by their first bytes', async (t) => {
  const detect = (text: string): string => detectFormat(Buffer.from(text))
  t.equal(detect('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'raw')
  t.equal(detect(''), 'raw')
  t.equal(detect('POST /[x] "y" HTTP/1.1\r\n'), 'raw')
  t.equal(detect('{"log": {}}'), 'har')
  t.equal(detect('\uFEFF \n{'), 'har')
  t.equal(detect('203.0.113.7 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'), 'access-log')
  t.equal(detect('app.example:443 ::1 - bob [10/Oct/2026] "GET / HTTP/1.1" 200 1\n'), 'access-log')
})
