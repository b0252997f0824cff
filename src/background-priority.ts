// Makes a serving process answer before it does V8's background work: compiling and collecting on helper threads.
// With one core for all threads the tail of the answer latency is made of turns that these took (measured; bench/README.md).
import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { setFlagsFromString } from 'node:v8'

/** Niceness of what may wait for answers: workers and V8's helper threads. */
export const backgroundNiceness = 10

const threadsPath = '/proc/self/task'
/** As Node 26 names them; older versions name no thread, and nothing is changed there. */
const helperName = 'node-V8Worker'

/**
 * For processes of our own: it changes V8 and threads for whatever else runs in the process. Call it before workers start.
 * @returns how many helper threads it lowered; 0 on systems other than Linux.
 */
export function lowerBackgroundWork(): number {
  // A collection of young objects is short here, and shorter than waiting for helpers that have no core.
  setFlagsFromString('--no-parallel-scavenge')
  if (process.platform !== 'linux') return 0
  try {
    const helpers = readdirSync(threadsPath).filter((id) => nameOf(id) === helperName)
    for (const id of helpers) setPriority(Number(id), backgroundNiceness)
    return helpers.length
  } catch {
    // No /proc, or a sandbox that forbids it: latency is what it would be without.
    return 0
  }
}

function nameOf(threadId: string): string {
  return readFileSync(`${threadsPath}/${threadId}/comm`, 'latin1').trimEnd()
}
