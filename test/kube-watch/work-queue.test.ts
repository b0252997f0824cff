import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { WorkQueue } from '#src/kube/watch/work-queue.js'

/** A queue whose work ends when it is told to. */
function steered(limit: number) {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const queue = new WorkQueue((key) => {
    begun.push(key)
    return new Promise((resolve) => ends.set(key, resolve))
  }, limit)
  const end = async (key: string): Promise<void> => {
    ends.get(key)?.()
    await turn()
  }
  return { queue, begun, end }
}

t.test('nothing is worked on before the queue is open; a key that was added twice comes once', async (t) => {
  const { queue, begun } = steered(10)
  queue.add('a')
  queue.add('a')
  queue.add('b')
  t.strictSame(begun, [])
  queue.open()
  t.strictSame(begun, ['a', 'b'])
})

t.test('a key is never under way twice; asked for again meanwhile, it comes once more', async (t) => {
  const { queue, begun, end } = steered(10)
  queue.open()
  queue.add('a')
  queue.add('a')
  queue.add('a')
  t.strictSame(begun, ['a'])
  await end('a')
  t.strictSame(begun, ['a', 'a'])
  await end('a')
  t.strictSame(begun, ['a', 'a'])
})

t.test('no more than the limit are under way', async (t) => {
  const { queue, begun, end } = steered(2)
  queue.open()
  for (const key of ['a', 'b', 'c']) queue.add(key)
  t.strictSame(begun, ['a', 'b'])
  await end('b')
  t.strictSame(begun, ['a', 'b', 'c'])
})

t.test('of two moments the earlier counts, and now is earlier than both', async (t) => {
  const { queue, begun, end } = steered(10)
  queue.open()
  queue.addAfter('a', 60_000)
  queue.addAfter('a', 1)
  queue.addAfter('b', 60_000)
  queue.add('b')
  t.strictSame(begun, ['b'])
  await sleep(20)
  t.strictSame(begun, ['b', 'a'])
  await Promise.all([end('a'), end('b'), queue.close()])
})

t.test('close waits for what is under way and drops the rest', async (t) => {
  const { queue, begun, end } = steered(1)
  queue.open()
  queue.add('a')
  queue.add('b')
  queue.addAfter('c', 1)
  let isClosed = false
  const closing = queue.close().then(() => {
    isClosed = true
  })
  await sleep(10)
  t.equal(isClosed, false)
  await end('a')
  await closing
  t.strictSame(begun, ['a'])
})
