import t from 'tap'
import { createEventIdSource } from '#src/verdict/event-id.js'

t.test('ids are UUIDs of version 7 whose text sorts by time', async (t) => {
  const nextId = createEventIdSource((bytes) => crypto.getRandomValues(bytes))
  const times = [0, 1, 1_767_322_645_678.9, 2 ** 48 - 1]
  const ids = times.map(nextId)
  for (const id of ids) t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.strictSame([...ids].sort(), ids)
})

t.test('ids of one moment differ, also over several refills of the random pool', async (t) => {
  const nextId = createEventIdSource((bytes) => crypto.getRandomValues(bytes))
  const ids = new Set(Array.from({ length: 2000 }, () => nextId(1)))
  t.equal(ids.size, 2000)
})

t.test('the time stands in the first 48 bits and the random source in the rest', async (t) => {
  const nextId = createEventIdSource((bytes) => bytes.fill(0xff))
  t.equal(nextId(0x0123456789ab), '01234567-89ab-7fff-bfff-ffffffffffff')
})
