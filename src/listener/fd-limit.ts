// How many connections the process can hold: its limit of open files, read once at start.
import { readFileSync } from 'node:fs'

/** File descriptors that are not connections: listeners, event files, libuv's own, threads, admin scrapes. */
const reservedDescriptors = 256
/** Where the limit cannot be read (not Linux). macOS' default soft limit is 256, most others have 1024 or more. */
const unknownLimit = 1024
const fewestConnections = 64

/** The soft limit of open files (proc(5), /proc/self/limits); `Infinity` when unlimited. */
export function openFilesLimit(): number {
  try {
    const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
    if (line === null) return unknownLimit
    return line[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line[1])
  } catch {
    // Not Linux: there is no such file, and a guess on the safe side is all that is needed.
    return unknownLimit
  }
}

/** Most connections that leave room for everything else under a limit of open files. */
export function connectionsWithin(openFiles: number): number {
  if (openFiles === Number.POSITIVE_INFINITY) return 1_000_000
  return Math.max(fewestConnections, openFiles - reservedDescriptors)
}

/**
 * Most connections to hold at a time.
 * @param asked - as configured; 0 = what the limit of open files allows.
 * @param onTooMany - told what is possible when more was asked for.
 */
export function decideConnectionLimit(asked: number, onTooMany: (possible: number) => void): number {
  const possible = connectionsWithin(openFilesLimit())
  if (asked > possible) onTooMany(possible)
  return asked === 0 ? possible : Math.min(asked, possible)
}
