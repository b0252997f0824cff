import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FileWriter } from '#src/byte-writer.js'

t.test('bytes reach a file whole, each write after the last', async (t) => {
  const path = join(t.testdir(), 'out')
  const descriptor = openSync(path, 'a')
  const writer = new FileWriter(descriptor)
  const large = Buffer.alloc(3_000_000, 'x')
  t.same(await writer.write(Buffer.from('a\n')), { writtenBytes: 2, error: undefined })
  t.same(await writer.write(large), { writtenBytes: large.byteLength, error: undefined })
  t.same(await writer.write(new Uint8Array()), { writtenBytes: 0, error: undefined })
  closeSync(descriptor)
  t.equal(readFileSync(path).byteLength, large.byteLength + 2)
})

t.test('what the system refuses is a result, not a throw', async (t) => {
  const full = openSync('/dev/full', 'w')
  t.match(await new FileWriter(full).write(Buffer.from('a')), { writtenBytes: 0, error: { code: 'ENOSPC' } })
  closeSync(full)
  t.match(await new FileWriter(full).write(Buffer.from('a')), { writtenBytes: 0, error: { code: 'EBADF' } })
})
