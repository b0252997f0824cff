// CPU time and memory of a process and its descendants, read from /proc.
// CPU is utime + stime of all threads; the kernel scales their sum to the time the scheduler counted, so over a run of
// seconds the 10 ms tick is the only error.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../errors.js'

/** What one process used so far. */
export interface ProcessUse {
  readonly pid: number
  readonly parentPid: number
  /** CPU of the process's threads and of children it has waited for, in clock ticks. */
  readonly cpuTicks: number
  readonly threads: number
}

/** Memory of a process tree. */
export interface MemoryUse {
  /** Resident now. */
  readonly residentBytes: number
  /** Sum of each process's highest residence (VmHWM); exact for one process, an upper bound for a tree. */
  readonly peakBytes: number
}

/** Length of a clock tick: USER_HZ is 100 on every Linux that Node runs on. */
export const tickUs = 10_000

/** Reads processes below one root of the proc file system; the root is given for tests. */
export class ProcessReader {
  readonly #root: string

  constructor(root = '/proc') {
    this.#root = root
  }

  /**
   * CPU microseconds used so far by `pid` and all its descendants.
   * @throws BenchError `MWAF_BENCH_PLATFORM` when there is no such process to read.
   */
  async cpuUs(pid: number): Promise<number> {
    const tree = await this.tree(pid)
    return tree.reduce((sum, each) => sum + each.cpuTicks, 0) * tickUs
  }

  /** Memory of `pid` and all its descendants. */
  async memory(pid: number): Promise<MemoryUse> {
    let residentBytes = 0
    let peakBytes = 0
    for (const each of await this.tree(pid)) {
      const status = await this.#text(each.pid, 'status')
      residentBytes += parseStatusBytes(status ?? '', 'VmRSS')
      peakBytes += parseStatusBytes(status ?? '', 'VmHWM')
    }
    return { residentBytes, peakBytes }
  }

  /** Open file descriptors of `pid` alone. */
  async openFiles(pid: number): Promise<number> {
    return (await readdir(join(this.#root, String(pid), 'fd'))).length
  }

  /**
   * `pid` and its descendants, the root first.
   * @throws BenchError `MWAF_BENCH_PLATFORM` when `pid` cannot be read.
   */
  async tree(pid: number): Promise<ProcessUse[]> {
    const all = await this.#all()
    const root = all.find((each) => each.pid === pid)
    if (root === undefined) throw new BenchError('MWAF_BENCH_PLATFORM', { path: join(this.#root, String(pid), 'stat') })
    const found = [root]
    // `found` grows while it is walked, until no process names a found one as its parent.
    for (const parent of found) found.push(...all.filter((each) => each.parentPid === parent.pid))
    return found
  }

  async #all(): Promise<ProcessUse[]> {
    const names = await readdir(this.#root).catch(() => [])
    const texts = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((name) => this.#text(name, 'stat')))
    return texts.flatMap((text) => (text === undefined ? [] : [parseStat(text)]))
  }

  /** `undefined` for a process that ended meanwhile. */
  async #text(pid: number | string, file: string): Promise<string | undefined> {
    return readFile(join(this.#root, String(pid), file), 'latin1').catch(() => undefined)
  }
}

/** Reads a line of /proc/PID/stat. The command may hold spaces and parentheses, so fields count from the last `)`. */
export function parseStat(text: string): ProcessUse {
  const afterCommand = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // proc(5) numbers fields from 1; the first one after the command is field 3.
  const field = (number: number): number => Number(afterCommand[number - 3])
  const cpuTicks = field(14) + field(15) + field(16) + field(17)
  return { pid: Number.parseInt(text, 10), parentPid: field(4), cpuTicks, threads: field(20) }
}

/** Reads one `Name:  123 kB` line of /proc/PID/status in bytes; 0 when it is not there (kernel threads, zombies). */
export function parseStatusBytes(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)
  return found === null ? 0 : Number(found[1]) * 1024
}
