// Preloaded into a process (`--import`): writes each module that any of its threads loads to a file, `THREAD URL` by line.
// The threads of mirrorwaf are started without flags and environment, so this puts itself into the way of `Worker`.
import { appendFileSync } from 'node:fs'
import { registerHooks, syncBuiltinESMExports } from 'node:module'
import workerThreads, { type WorkerOptions } from 'node:worker_threads'

const { searchParams } = new URL(import.meta.url)
/** The file to write; this module's URL carries it into threads that have no environment. */
const record = searchParams.get('record') ?? ''
/** A module that the reporting thread is made to load, to show that it would be seen. */
const planted = searchParams.get('plant') ?? ''

registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(record, `${workerThreads.threadId} ${url}\n`)
    return nextLoad(url, context)
  },
})

class RecordedWorker extends workerThreads.Worker {
  constructor(filename: string | URL, options: WorkerOptions = {}) {
    const isReporter = String(filename).endsWith('reporter-thread.js')
    const plant = isReporter && planted !== '' ? ['--import', planted] : []
    super(filename, { ...options, execArgv: [...(options.execArgv ?? []), '--import', import.meta.url, ...plant] })
  }
}

Object.assign(workerThreads, { Worker: RecordedWorker })
syncBuiltinESMExports()
