// Starting and ending server processes: ready means that a probe succeeded, ended means that the process is gone.
import { type ChildProcess, spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from '../errors.js'
import { onCore } from '../measure/affinity.js'

/** What to run. */
export interface ChildCommand {
  /** For messages. */
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly core: number | undefined
  /** Replaces the environment altogether when given. */
  readonly env?: NodeJS.ProcessEnv
}

/** A server process. */
export interface ServerChild {
  readonly pid: number
  stop(): Promise<void>
}

const readyTimeoutMs = 30_000
const stopTimeoutMs = 20_000
const probeIntervalMs = 20
/** What of a server's output is kept for the message when it does not start. */
const outputLimit = 2000

/**
 * Spawns a server and waits until `probe` gives true.
 * @throws BenchError `MWAF_BENCH_SERVER_START` with the end of its output, when it ends or is not ready in 30 s.
 */
export async function startChild(what: ChildCommand, probe: () => Promise<boolean>): Promise<ServerChild> {
  const [command, ...args] = onCore(what.core, what.command)
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(what.env ? { env: what.env } : {}) })
  let output = ''
  const keep = (text: Buffer): void => {
    output = (output + text.toString()).slice(-outputLimit)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  let fault = ''
  child.once('error', (error) => {
    fault = error.message
  })
  // A bench that ends early must not leave servers behind.
  const killOnExit = (): boolean => child.kill('SIGKILL')
  process.once('exit', killOnExit)
  child.once('exit', () => process.removeListener('exit', killOnExit))

  const deadlineMs = performance.now() + readyTimeoutMs
  while (!(await probe())) {
    if (child.exitCode !== null) fault = `it ended with code ${child.exitCode}`
    if (fault === '' && performance.now() > deadlineMs) fault = `not ready within ${readyTimeoutMs} ms`
    if (fault !== '') {
      await stopChild(child)
      throw new BenchError('MWAF_BENCH_SERVER_START', { server: what.name, reason: `${fault}; ${output.trim()}` })
    }
    await sleep(probeIntervalMs)
  }
  return { pid: child.pid ?? 0, stop: () => stopChild(child) }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** Whether something accepts connections on the port. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(timer)
}
