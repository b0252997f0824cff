// Runs the receiver until a signal ends it: start, banner, reload on SIGHUP or changed rules, drain.
import { unwatchFile, watchFile } from 'node:fs'
import { createLog, type Log } from '../observe/log.js'
import type { ServeOptions } from '../options/serve-options.js'
import type { PipelineInfo } from '../pipeline.js'
import type { CommandIo, ExitCode } from './command.js'
import { untilSignal } from './until-signal.js'

/** How often ruleset files are looked at; following links, so that a ConfigMap's `..data` swap shows. */
const rulesWatchPeriodMs = 1000
/** Time for the last log lines at the end. */
const logFlushMs = 500

/** A receiver in one process or in several. */
interface RunningReceiver {
  readonly info: PipelineInfo
  reload(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts the receiver and resolves when it has drained.
 * @throws MirrorwafError of the part that cannot start.
 */
export async function runReceiver(options: ServeOptions, io: CommandIo): Promise<ExitCode> {
  const log = createLog({ level: options.logLevel })
  // Signals are listened for before /readyz can say yes: until then their default would end the process.
  const asked = untilSignal()
  // A file size limit (ulimit -f) is a full disk to the events file: the failed write is counted; the signal would end the process.
  process.on('SIGXFSZ', () => undefined)
  const starting = startReceiver(options, log)
  const stopReloading = reloadOnChange(starting, options, log)
  const receiver = await starting
  io.report(renderBanner(receiver.info, options))
  await asked
  log.info('draining')
  stopReloading()
  await receiver.stop()
  log.info('stopped')
  await log.flush(logFlushMs)
  return 0
}

/** Loads what serves or what supervises: the primary of several processes has no use for parser, pool and engine. */
async function startReceiver(options: ServeOptions, log: Log): Promise<RunningReceiver> {
  if (options.processes > 1) return (await import('../processes/primary.js')).startProcesses(options, log)
  return (await import('../pipeline.js')).startPipeline(options, { log, onEvent: undefined })
}

/** @returns a function that ends the watching. */
function reloadOnChange(starting: Promise<RunningReceiver>, options: ServeOptions, log: Log): () => void {
  let reloading: Promise<void> = Promise.resolve()
  let isEnding = false
  const reload = (): void => {
    if (isEnding) return
    reloading = reloading.then(async () => (await starting).reload()).catch((error: unknown) => log.fault(error))
  }
  process.on('SIGHUP', reload)
  const watched = options.rulesWatch ? options.rules : []
  for (const path of watched) watchFile(path, { interval: rulesWatchPeriodMs }, reload)
  return () => {
    // The handler stays: without one the next SIGHUP would end the process in the middle of its drain.
    isEnding = true
    for (const path of watched) unwatchFile(path, reload)
  }
}

function renderBanner(info: PipelineInfo, options: ServeOptions): string {
  const engine =
    info.engine === undefined
      ? 'inspection is off'
      : `${info.engine.engineName} ${info.engine.engineVersion}, ${info.engine.rulesLoadedCount} rules ${info.engine.rulesVersion}`
  const mode = options.hijack ? 'closes without answering' : 'answers 204'
  const processes = options.processes > 1 ? `; ${options.processes} processes` : ''
  const [first = ''] = info.listening
  return [
    `mirrorwaf listens on ${info.listening.join(', ')} (${mode}); admin on ${info.admin ?? 'nothing'}; ${engine}${processes}`,
    ...(info.page === undefined ? [] : [`The page: ${info.page}`]),
    `Try it: ${tryLine(first, options.tlsCert !== '')}`,
    '',
  ].join('\n')
}

/** The one line to try, for the first address. */
export function tryLine(address: string, isTls: boolean): string {
  const target = '/?x=$globals'
  // A mirror's certificate hardly names 127.0.0.1, so curl is told not to ask.
  const curl = isTls ? 'curl -k' : 'curl'
  const scheme = isTls ? 'https' : 'http'
  const isUnix = address.startsWith('unix:')
  if (isUnix) return `${curl} --unix-socket ${address.slice('unix:'.length)} '${scheme}://mirror${target}'`
  const reachable = address.replace('[::]', '127.0.0.1').replace('0.0.0.0', '127.0.0.1')
  return `${curl} '${scheme}://${reachable}${target}'`
}
