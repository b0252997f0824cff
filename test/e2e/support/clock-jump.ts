// Preloaded into a process (`--import`): its wall clock jumps at SIGUSR2, in all of its threads at once; the monotonic clock
// goes on, as when an administrator or NTP steps a machine's clock. Each signal takes the next of the `jumps` in the URL (hours
// away from the real time, e.g. `?jumps=6,-6,0`).
import { syncBuiltinESMExports } from 'node:module'
import workerThreads, { type WorkerOptions } from 'node:worker_threads'

const memoryKey = 'mirrorwaf-clock-jump'
const given = workerThreads.getEnvironmentData(memoryKey)
/** Milliseconds that the wall clock is off, for all threads. */
const shift = new Float64Array(given instanceof SharedArrayBuffer ? given : new SharedArrayBuffer(8))
const RealDate = Date

class JumpingDate extends RealDate {
  constructor(...args: readonly unknown[]) {
    // Whatever a Date is made of is passed on; made of nothing, it is now.
    super(...((args.length === 0 ? [JumpingDate.now()] : args) as [number]))
  }

  static override now(): number {
    return RealDate.now() + (shift[0] ?? 0)
  }
}

/** The threads of mirrorwaf are started without flags. */
class JumpingWorker extends workerThreads.Worker {
  constructor(filename: string | URL, options: WorkerOptions = {}) {
    super(filename, { ...options, execArgv: [...(options.execArgv ?? []), '--import', import.meta.url] })
  }
}

Object.assign(globalThis, { Date: JumpingDate })
if (workerThreads.isMainThread) {
  workerThreads.setEnvironmentData(memoryKey, shift.buffer)
  Object.assign(workerThreads, { Worker: JumpingWorker })
  syncBuiltinESMExports()
  const jumps = (new URL(import.meta.url).searchParams.get('jumps') ?? '').split(',').map(Number)
  process.on('SIGUSR2', () => {
    shift[0] = (jumps.shift() ?? 0) * 3_600_000
  })
}
