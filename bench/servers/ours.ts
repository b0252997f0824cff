// Starts the receiver as its users do: one process, one worker.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BenchError } from '../errors.js'
import { parseMetrics, sumSamples } from '../measure/metrics-text.js'
import { findFreePort, startChild } from './child.js'
import { emptyReport, type RunningServer, type ServerKind, type ServerReport, type StartRequest } from './server.js'

/** Some 3000 small requests: well below the receiver's default queue of 64 MiB, and less than a second of inspection. */
const burstBytes = 4 * 1024 * 1024

/** Which receiver, and how. */
export interface ReceiverSetup {
  readonly name: string
  /** The folder with `dist`. */
  readonly folder: string
  /** For Node itself, before the script. */
  readonly nodeArguments?: readonly string[]
  /** Further options of `serve`. */
  readonly serveArguments?: readonly string[]
  /** Whether it inspects; without, every copy is counted as shed and dropped. */
  readonly isInspecting: boolean
  /** Where events go beside the file. */
  readonly moreEvents?: readonly string[]
}

/** A receiver that also tells its metrics. */
export interface RunningReceiver extends RunningServer {
  /** The text of its /metrics. */
  readMetrics(): Promise<string>
  /** The file that it writes events to; gone after `stop`. */
  readonly eventsPath: string
}

/** Our receiver as a kind of server. */
export interface ReceiverKind extends ServerKind {
  start(request: StartRequest): Promise<RunningReceiver>
}

/**
 * The receiver built in `setup.folder`.
 * @throws BenchError `MWAF_BENCH_RECEIVER_MISSING` when it is not built.
 */
export function receiverServer(setup: ReceiverSetup): ReceiverKind {
  const mainPath = join(setup.folder, 'dist', 'main.js')
  if (!existsSync(mainPath)) throw new BenchError('MWAF_BENCH_RECEIVER_MISSING', { path: mainPath })
  return { name: setup.name, start: (request) => startReceiver(setup, mainPath, request) }
}

async function startReceiver(setup: ReceiverSetup, mainPath: string, request: StartRequest): Promise<RunningReceiver> {
  const scratch = mkdtempSync(join(tmpdir(), 'mirrorwaf-bench-'))
  const [port, adminPort] = [await findFreePort(), await findFreePort()]
  const admin = `http://127.0.0.1:${adminPort}`
  const eventsPath = join(scratch, 'events.jsonl')
  const serve = [
    ...['--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`],
    ...['--workers', '1', '--events', `file:${eventsPath}`, '--drain-delay', '0'],
    ...(request.mode === 'hijack' ? ['--hijack'] : []),
    ...(setup.isInspecting ? [] : ['--inspection', 'off']),
    ...(setup.serveArguments ?? []),
    ...(setup.moreEvents ?? []).flatMap((target) => ['--events', target]),
  ]
  const command = [process.execPath, ...(setup.nodeArguments ?? []), mainPath, 'serve', ...serve] as const
  const removeScratch = (): void => {
    process.removeListener('exit', removeScratch)
    rmSync(scratch, { recursive: true, force: true })
  }
  process.once('exit', removeScratch)
  try {
    const child = await startChild({ name: setup.name, core: request.core, command }, () => isReady(admin))
    const readMetrics = async (): Promise<string> => (await fetch(`${admin}/metrics`)).text()
    return {
      pid: child.pid,
      port,
      flushMs: 0,
      burstBytes,
      readMetrics,
      eventsPath,
      report: async () => (setup.isInspecting ? readReport(await readMetrics()) : emptyReport),
      stop: () => child.stop().finally(removeScratch),
    }
  } catch (error) {
    removeScratch()
    throw error
  }
}

async function isReady(admin: string): Promise<boolean> {
  try {
    return (await fetch(`${admin}/readyz`)).ok
  } catch {
    // Nothing listens yet; the caller asks again until its deadline.
    return false
  }
}

function readReport(text: string): ServerReport {
  const metrics = parseMetrics(text)
  const outcome = (name: string): number => sumSamples(metrics, 'mirrorwaf_requests_outcome_total', { outcome: name })
  return {
    received: sumSamples(metrics, 'mirrorwaf_requests_received_total'),
    matched: outcome('matched'),
    shed: outcome('shed'),
  }
}
