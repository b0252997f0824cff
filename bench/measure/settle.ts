// Waiting until a server has finished what it was given: answers come before inspection, so the load's end is not the work's end.
import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessReader, tickUs } from './process-stat.js'

const pollMs = 50
/** Idle = this many polls in a row with at most one tick of CPU between them. */
const quietPolls = 3
/** A server that is busy for longer by itself is measured as it is. */
const limitMs = 60_000

/**
 * Waits until the process tree is idle, at least `atLeastMs`.
 * @returns its CPU microseconds then.
 */
export async function settle(reader: ProcessReader, pid: number, atLeastMs: number): Promise<number> {
  const startMs = performance.now()
  let before = await reader.cpuUs(pid)
  for (let quiet = 0; performance.now() - startMs < limitMs; ) {
    await sleep(pollMs)
    const now = await reader.cpuUs(pid)
    quiet = now - before <= tickUs ? quiet + 1 : 0
    before = now
    if (quiet >= quietPolls && performance.now() - startMs >= atLeastMs) break
  }
  return before
}
