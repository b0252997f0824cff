// Reuse of the buffers behind batches and staged requests.
import t from 'tap'
import { Slab, SlabPool, slabSize } from '#src/batch/slab.js'

const oneSlabBytes = 4096

t.test('slabs are powers of two from a page on, and the pool keeps no more than its bound', async (t) => {
  t.same([0, 1, 4096, 4097, 65_536, 65_537].map(slabSize), [4096, 4096, 4096, 8192, 65_536, 131_072])
  const pool = new SlabPool(16 * oneSlabBytes)
  const slabs = Array.from({ length: 20 }, () => pool.take(1))
  for (const slab of slabs) pool.give(slab)
  t.equal(pool.keptBytes, 16 * oneSlabBytes)
  const again = Array.from({ length: 16 }, () => pool.take(4000))
  t.ok(again.every((slab) => slabs.includes(slab)))
  t.equal(pool.keptBytes, 0)
  t.notOk(slabs.includes(pool.take(1)), 'then new ones are made')
})

t.test('a large slab does not keep the small ones of everyday traffic from being reused', async (t) => {
  const pool = new SlabPool(16 * oneSlabBytes)
  pool.give(new Slab(16 * oneSlabBytes))
  const small = pool.take(1)
  pool.give(small)
  t.ok(pool.take(1) === small)
  for (let index = 0; index < 16; index += 1) pool.give(new Slab(oneSlabBytes))
  const batch = new Slab(2 * oneSlabBytes)
  pool.give(batch)
  t.ok(pool.take(2 * oneSlabBytes) === batch, 'nor do many small ones the batches')
  t.ok(pool.keptBytes <= 16 * oneSlabBytes)
})
