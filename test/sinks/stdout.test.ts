// The stdout sink as it runs: a process of its own, whose reader behaves well, stops, or goes away.
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { ChildReport } from './support/stdout-child.js'

const childPath = fileURLToPath(new URL('./support/stdout-child.js', import.meta.url))

interface Run {
  /** Milliseconds of sending. */
  readonly sendMs: number
  readonly eventBytes: number
  readonly queueLimitBytes: number
}

type Child = ChildProcessByStdio<null, Readable, Readable>

function startChild({ sendMs, eventBytes, queueLimitBytes }: Run): Child {
  const args = [childPath, String(sendMs), String(eventBytes), String(queueLimitBytes)]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function reportOf({ stderr }: { readonly stderr: Readable | null }): Promise<ChildReport> {
  return JSON.parse(stderr === null ? '' : await text(stderr))
}

function exitOf(child: Child): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve))
}

function numbersOf(output: string): readonly number[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).number)
}

t.test('a reader that keeps up gets every event, in order, one per line', async (t) => {
  const child = startChild({ sendMs: 100, eventBytes: 1000, queueLimitBytes: 1 << 20 })
  const [output, report, code] = await Promise.all([text(child.stdout), reportOf(child), exitOf(child)])
  const numbers = numbersOf(output)
  t.ok(report.sent >= 20)
  t.strictSame(
    numbers,
    Array.from({ length: report.sent }, (_, index) => index),
  )
  t.match(report, { flushed: true, channelDropped: 0, totals: [{ name: 'stdout', written: report.sent }] })
  t.equal(code, 0)
})

t.test('a reader that stops costs events, counted, and neither the loop nor the exit waits for it', async (t) => {
  const run = { sendMs: 1500, eventBytes: 2000, queueLimitBytes: 128 * 1024 }
  const child = startChild(run)
  // Nobody reads stdout until the process has ended.
  const [report, code] = await Promise.all([reportOf(child), exitOf(child)])
  const [totals] = report.totals
  const dropped = totals?.dropped
  const { queue_full = 0, unflushed = 0, closed = 0, write_error = 0 } = dropped ?? {}
  t.ok(queue_full > 0, `${queue_full} dropped`)
  t.ok(unflushed > 0 && unflushed * run.eventBytes <= run.queueLimitBytes, 'what the queue held is counted too')
  t.equal((totals?.written ?? 0) + queue_full + unflushed + report.channelDropped, report.sent, 'nothing is uncounted')
  t.strictSame([closed, write_error, report.flushed, code], [0, 0, false, 0])
  t.match(report.notices, [{ code: 'MWAF_SINK_WRITE', details: { target: 'stdout' } }])
  // A blocking write would stall the loop for all of the 1.5 s.
  t.ok(report.longestLoopDelayMs < 0.8 * run.sendMs, `${report.longestLoopDelayMs} ms`)
})

t.test('a reader that goes away costs events, counted, and the process lives on', async (t) => {
  const child = startChild({ sendMs: 300, eventBytes: 1000, queueLimitBytes: 1 << 20 })
  child.stdout.once('data', () => child.stdout.destroy())
  const [report, code] = await Promise.all([reportOf(child), exitOf(child)])
  const [totals] = report.totals
  t.ok((totals?.dropped.closed ?? 0) > 0)
  t.equal((totals?.written ?? 0) + (totals?.dropped.closed ?? 0), report.sent)
  t.strictSame([report.flushed, code], [true, 0])
})

t.test('a file behind stdout gets the same lines after what it holds', async (t) => {
  const path = join(t.testdir({ out: '{"number":-1}\n' }), 'out')
  const descriptor = openSync(path, 'a')
  const child = spawn(process.execPath, [childPath, '20', '100', '1000000'], { stdio: ['ignore', descriptor, 'pipe'] })
  const report = await reportOf(child)
  closeSync(descriptor)
  const numbers = numbersOf(readFileSync(path, 'utf8'))
  t.equal(numbers.length, report.sent + 1)
  t.equal(numbers[0], -1)
})

const hasScript = spawnSync('script', ['--version']).status === 0
const terminalOptions = hasScript ? {} : { skip: 'needs script(1) of util-linux to make a terminal' }

/** Runs the child on a terminal of its own; what the terminal shows is the stdout of `script`. */
function startOnTerminal({ sendMs, eventBytes, queueLimitBytes }: Run, reportPath: string, target = 'stdout'): Child {
  const command = `${process.execPath} ${childPath} ${sendMs} ${eventBytes} ${queueLimitBytes} '${target}' 2>${reportPath}`
  return spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'pipe'] })
}

t.test('a terminal gets one short line per event', terminalOptions, async (t) => {
  const reportPath = join(t.testdir(), 'report')
  const child = startOnTerminal({ sendMs: 50, eventBytes: 500, queueLimitBytes: 1 << 20 }, reportPath)
  const output = await text(child.stdout)
  const report: ChildReport = JSON.parse(readFileSync(reportPath, 'utf8'))
  const shown = [...output.matchAll(/^ *n(\d+) .{0,50}$/gm)].map(([, number]) => Number(number))
  t.strictSame(
    shown,
    Array.from({ length: report.sent }, (_, index) => index),
  )
  t.notMatch(output, /padding|xxx/)
})

for (const format of ['ecs', 'ocsf', 'cef'] as const) {
  t.test(`a terminal gets nothing that it would obey from ${format}`, terminalOptions, async (t) => {
    const reportPath = join(t.testdir(), 'report')
    const child = startOnTerminal(
      { sendMs: 20, eventBytes: 10, queueLimitBytes: 1 << 20 },
      reportPath,
      `stdout?format=${format}`,
    )
    const output = await text(child.stdout)
    t.match(output, String.raw`\u009b31m\u007f\u202e`)
    t.notMatch(output, /[\u007f-\u009f\u202e]/)
  })
}

t.test('a paused terminal costs events, counted, and the process ends', terminalOptions, async (t) => {
  const reportPath = join(t.testdir(), 'report')
  const child = startOnTerminal({ sendMs: 1500, eventBytes: 10, queueLimitBytes: 64 * 1024 }, reportPath)
  // Nobody reads what the terminal shows until the process has written its report.
  while (statSync(reportPath, { throwIfNoEntry: false })?.size === undefined || readFileSync(reportPath).length === 0) {
    await delay(50)
  }
  const report: ChildReport = JSON.parse(readFileSync(reportPath, 'utf8'))
  child.stdout.resume()
  await exitOf(child)
  const [totals] = report.totals
  const { queue_full = 0, unflushed = 0 } = totals?.dropped ?? {}
  t.ok(queue_full > 0)
  t.equal((totals?.written ?? 0) + queue_full + unflushed + report.channelDropped, report.sent)
  t.ok(report.longestLoopDelayMs < 1200, `${report.longestLoopDelayMs} ms`)
})
