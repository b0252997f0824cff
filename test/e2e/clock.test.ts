// The wall clock of the machine jumps by hours while requests are served: only what is a time of day may notice.
import t from 'tap'
import { attackNumber, startAttacks, testAnswers, withoutEvent } from './support/attack-load.js'
import { sendAlone } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { sleep } from './support/wait-until.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(120_000)

const hourMs = 3_600_000
const jumpsInHours = [6, -6, 0] as const
/** How long after a jump events may still carry the old time: the listener looks at the clock a few times a second. */
const settleMs = 1_500

t.test(
  'a clock that jumps forward and back: answers, outcomes and latencies do not notice, event times follow',
  async (t) => {
    const preload = new URL('./support/clock-jump.js', import.meta.url)
    preload.searchParams.set('jumps', jumpsInHours.join(','))
    const timeouts = ['--idle-timeout', '1h', '--head-timeout', '2s', '--body-timeout', '2s', '--batch-deadline', '5s']
    const receiver = await Receiver.start(t, { nodeArgs: ['--import', preload.href], args: timeouts })
    const load = startAttacks(receiver.port)
    await sleep(1_000)
    for (const [index, hours] of jumpsInHours.entries()) {
      receiver.process.signal('SIGUSR2')
      await sleep(settleMs)
      const sentAtMs = Date.now()
      await sendAlone(receiver.port, attackNumber(1_000_000 + index))
      const { timestamp } = await receiver.awaitEvent(`case=n${1_000_000 + index}-`)
      const offMs = Date.parse(timestamp) - (sentAtMs + hours * hourMs)
      t.ok(Math.abs(offMs) < 2_000, `${hours} h: the event's time is ${offMs} ms off`)
    }
    const result = await load.stop()
    testAnswers(t, result)
    const total = result.answered.length + jumpsInHours.length
    await receiver.awaitAccounted(total)
    t.strictSame(withoutEvent(result, receiver), [])
    for (const name of ['answer', 'verdict']) {
      const metric = `mirrorwaf_${name}_latency_seconds`
      t.equal(await receiver.metric(`${metric}_count`), total, name)
      t.equal(await receiver.metric(`${metric}_count`), await receiver.metric(`${metric}_bucket`, 'le="+Inf"'))
      const sumSeconds = await receiver.metric(`${metric}_sum`)
      t.ok(sumSeconds >= 0 && sumSeconds < total, `${name}: ${(sumSeconds / total) * 1000} ms on average`)
    }
    for (const name of ['workers_restarted', 'timeouts', 'connections_rejected']) {
      t.equal(await receiver.metric(`mirrorwaf_${name}_total`), 0, name)
    }
    const stoppedAtMs = performance.now()
    t.equal(await receiver.process.stop(), 'exit 0', receiver.process.describe())
    t.ok(performance.now() - stoppedAtMs < 5_000, 'the drain does not wait for a time of day')
  },
)

t.test('a request that arrives while the clock jumps: its time-out runs on', async (t) => {
  const preload = new URL('./support/clock-jump.js', import.meta.url)
  preload.searchParams.set('jumps', '6,-6')
  const receiver = await Receiver.start(t, {
    nodeArgs: ['--import', preload.href],
    args: ['--body-timeout', '2s', '--head-timeout', '2s'],
  })
  const startMs = performance.now()
  const answer = sendAlone(
    receiver.port,
    Buffer.from('POST /?x=$globals HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx'),
  )
  await sleep(300)
  receiver.process.signal('SIGUSR2')
  await sleep(300)
  receiver.process.signal('SIGUSR2')
  await answer.catch(() => undefined)
  const takenMs = performance.now() - startMs
  t.ok(takenMs > 1_500 && takenMs < 8_000, `it ended after ${takenMs.toFixed()} ms`)
  await receiver.awaitAccounted(1)
  t.equal((await receiver.awaitEvent('$globals')).flags.aborted, true)
})
