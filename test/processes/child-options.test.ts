import t from 'tap'
import { completeServeOptions } from '#src/options/load.js'
import { childOptions } from '#src/processes/child-options.js'

function workersPerProcess(workers: number, processes: number): number[] {
  const options = completeServeOptions({ workers, processes })
  return Array.from({ length: processes }, (_, index) => childOptions(options, index + 1, []).workers)
}

t.test('workers are shared out, the remainder to the first, none goes without', async (t) => {
  t.strictSame(workersPerProcess(8, 4), [2, 2, 2, 2])
  t.strictSame(workersPerProcess(7, 3), [3, 2, 2])
  t.strictSame(workersPerProcess(1, 3), [1, 1, 1])
})

t.test('addresses are those given; limits hold for each process', async (t) => {
  const options = completeServeOptions({ processes: 2, listen: ['127.0.0.1:0'], queueLimitBytes: 4 * 1024 * 1024 })
  const child = childOptions(options, 2, ['127.0.0.1:4711'])
  t.strictSame(child.listen, ['127.0.0.1:4711'])
  t.equal(child.queueLimitBytes, options.queueLimitBytes)
})
