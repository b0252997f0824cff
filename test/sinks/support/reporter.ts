// Starts the real reporting thread with settings that a test need not spell out.
import { Instruments } from '#src/observe/instruments.js'
import { type Reporter, type ReporterSettings, startReporter } from '#src/sinks/reporter.js'

/** What the thread tells an operator. */
export type Notice = Parameters<ReporterSettings['onNotice']>[0]

export interface StartedReporter {
  readonly reporter: Reporter
  readonly instruments: Instruments
  readonly notices: Notice[]
  readonly failures: Error[]
}

export async function startTestReporter(changes: Partial<ReporterSettings> = {}): Promise<StartedReporter> {
  const instruments = changes.instruments ?? new Instruments()
  const notices: Notice[] = []
  const failures: Error[] = []
  const reporter = await startReporter({
    sinks: [],
    sinkQueueLimitBytes: 1024 * 1024,
    isColoured: false,
    admin: undefined,
    instruments,
    onNotice: (notice) => notices.push(notice),
    onFailure: (error) => failures.push(error),
    ...changes,
  })
  return { reporter, instruments, notices, failures }
}

/** The body of one GET on a reporter's admin port. */
export async function fetchAdmin(reporter: Reporter, path: string): Promise<Response> {
  if (reporter.adminAddress === undefined) throw new Error('the reporter has no admin port')
  return fetch(`http://127.0.0.1:${reporter.adminAddress.port}${path}`)
}
