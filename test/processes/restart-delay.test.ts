import t from 'tap'
import { RestartDelay } from '#src/processes/restart-delay.js'

t.test('doubles from 100 ms to 10 s and stays there', async (t) => {
  const delay = new RestartDelay()
  const delays = Array.from({ length: 9 }, () => delay.nextMs(10))
  t.strictSame(delays, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
})

t.test('a minute of life forgives, a millisecond less does not', async (t) => {
  const delay = new RestartDelay()
  delay.nextMs(0)
  t.equal(delay.nextMs(59_999), 200)
  t.equal(delay.nextMs(60_000), 100)
  t.equal(delay.nextMs(0), 200)
})
