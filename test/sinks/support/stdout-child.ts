// A process whose events go to its stdout, for tests of what becomes of them there. Sends events for as long as it is told, and
// says at the end, on stderr, as JSON, how its own loop fared and what the sink did.
// Arguments: milliseconds of sending, bytes of one event, limit of the queue in bytes, the target (stdout).
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { CounterId } from '#src/observe/counter-ids.js'
import { parseSinkSpec } from '#src/sinks/parse-sink-spec.js'
import type { SinkTotals } from '#src/sinks/sink.js'
import { type Notice, startTestReporter } from './reporter.js'

/** What the process says of itself. */
export interface ChildReport {
  readonly sent: number
  readonly channelDropped: number
  /** Longest stall of the main thread's loop, the timer's own 10 ms included. */
  readonly longestLoopDelayMs: number
  readonly flushed: boolean
  readonly totals: readonly SinkTotals[]
  readonly notices: readonly Notice[]
}

const [sendMs = 0, eventBytes = 0, queueLimitBytes = 0] = process.argv.slice(2).map(Number)
const { reporter, instruments, notices } = await startTestReporter({
  sinks: [parseSinkSpec(process.argv[5] ?? 'stdout')],
  sinkQueueLimitBytes: queueLimitBytes,
})
const loopDelay = monitorEventLoopDelay({ resolution: 10 })
loopDelay.enable()
let sent = 0
/** What a terminal would obey, and JSON leaves as it is. */
const hostile = '\u009b31m\u007f\u202e'
const endMs = performance.now() + sendMs
do {
  const events = Array.from({ length: 20 }, () => {
    const number = sent++
    return Buffer.from(
      `${JSON.stringify({ number, outcome: `n${number}`, padding: 'x'.repeat(eventBytes), hostile })}\n`,
    )
  })
  reporter.send(events)
  await delay(2)
} while (performance.now() < endMs)
const { isComplete } = await reporter.flush(300)
const totals = await reporter.stop()
const report: ChildReport = {
  sent,
  channelDropped: instruments.counters.get(CounterId.channelDropped),
  longestLoopDelayMs: loopDelay.max / 1e6,
  flushed: isComplete,
  totals,
  notices,
}
process.stderr.write(`${JSON.stringify(report)}\n`)
