// The transformer normalizePath: takes `./` and `x/../` out of paths. What it does at the ends is the engine's own, found by
// trying: `a/.` stays, `a/..` becomes `/`, a leading `../` stays.

const dot = 0x2e
const slash = 0x2f
const backslash = 0x5c

/** Rewrites in place; the text never grows. @returns the new length. */
export function normalizePath(bytes: Uint8Array, length: number): number {
  let read = 0
  let write = 0
  let isChanged = false
  while (read < length) {
    // At the beginning of a segment.
    const dots = dotsAt(bytes, read, length)
    if (dots === 1) {
      read += 2
      continue
    }
    if (dots === 2 && read > 0) {
      write = startOfSegmentBefore(bytes, write)
      bytes[write++] = slash
      isChanged = true
      read += 3
      continue
    }
    isChanged ||= read !== write
    const end = endOfSegment(bytes, read, length)
    bytes.copyWithin(write, read, end)
    write += end - read
    read = end
  }
  // The engine notices a change only when something moved.
  return isChanged ? write : length
}

/** The transformer normalizePathWin: backslashes become slashes first. */
export function normalizePathWin(bytes: Uint8Array, length: number): number {
  for (let index = 0; index < length; index++) if (bytes[index] === backslash) bytes[index] = slash
  return normalizePath(bytes, length)
}

/** 1 or 2 when the segment at `start` is `.` or `..`, else 0. */
function dotsAt(bytes: Uint8Array, start: number, length: number): number {
  if (bytes[start] !== dot) return 0
  if (isSegmentEnd(bytes, start + 1, length)) return 1
  return bytes[start + 1] === dot && isSegmentEnd(bytes, start + 2, length) ? 2 : 0
}

function isSegmentEnd(bytes: Uint8Array, index: number, length: number): boolean {
  return index >= length || bytes[index] === slash
}

/** One past the segment's slash. */
function endOfSegment(bytes: Uint8Array, start: number, length: number): number {
  let index = start
  while (index < length && bytes[index] !== slash) index++
  return Math.min(index + 1, length)
}

/** Where the slash in front of the last written segment is, or 0. */
function startOfSegmentBefore(bytes: Uint8Array, write: number): number {
  let index = write - 2
  while (index > 0 && bytes[index] !== slash) index--
  return Math.max(index, 0)
}
