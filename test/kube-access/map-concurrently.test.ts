import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { mapConcurrently } from '#src/kube/access/map-concurrently.js'

t.test('results stand in the order of the items, whatever ends first', async (t) => {
  const results = await mapConcurrently([30, 10, 0], async (ms, index) => {
    await sleep(ms)
    return `${index}:${ms}`
  })
  t.strictSame(results, ['0:30', '1:10', '2:0'])
})

t.test('never more than the limit are under way', async (t) => {
  let underWay = 0
  let most = 0
  await mapConcurrently(
    Array.from({ length: 10 }),
    async () => {
      most = Math.max(most, ++underWay)
      await sleep(1)
      underWay--
    },
    3,
  )
  t.equal(most, 3)
})

t.test('undefined is an item like any other', async (t) => {
  t.strictSame(await mapConcurrently([undefined], async (item) => String(item)), ['undefined'])
})

t.test('after a failure nothing new begins, what is under way is finished, and the failure is thrown', async (t) => {
  const begun: number[] = []
  const ended: number[] = []
  const run = mapConcurrently(
    [0, 1, 2, 3],
    async (item) => {
      begun.push(item)
      if (item === 0) throw new Error('no')
      await sleep(5)
      ended.push(item)
    },
    2,
  )
  await t.rejects(run, /no/)
  t.strictSame([begun, ended], [[0, 1], [1]])
})
