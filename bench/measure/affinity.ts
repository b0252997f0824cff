// Which core runs what: the server under test alone on one, everything that measures on another.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Where processes run. `undefined` = the machine cannot pin, and results say so. */
export interface Placement {
  readonly serverCore: number | undefined
  readonly senderCore: number | undefined
}

/** Pins this process to the sender's core (its children inherit that) and tells where servers go. */
export function placeProcesses(): Placement {
  const [serverCore, senderCore] = allowedCores()
  if (serverCore === undefined || senderCore === undefined || spawnSync('taskset', ['-V']).status !== 0) {
    return { serverCore: undefined, senderCore: undefined }
  }
  execFileSync('taskset', ['-acp', String(senderCore), String(process.pid)], { stdio: 'ignore' })
  return { serverCore, senderCore }
}

/** Reads a kernel list of cores like `0-3,8`. */
export function parseCoreList(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first, last] = part.split('-').map(Number)
    if (part === '' || first === undefined) return []
    return Array.from({ length: (last ?? first) - first + 1 }, (_, index) => first + index)
  })
}

function allowedCores(): number[] {
  try {
    const status = readFileSync('/proc/self/status', 'latin1')
    return parseCoreList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '')
  } catch {
    // Not Linux: no pinning, which the results then say.
    return []
  }
}

/** A command line that runs `command` on `core`, or as it is without one. `taskset` replaces itself, so the pid is the command's. */
export function onCore(
  core: number | undefined,
  command: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  return core === undefined ? command : ['taskset', '-c', String(core), ...command]
}
