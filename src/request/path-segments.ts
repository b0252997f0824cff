// Gives the path's segments to the rules as `server.request.path_params`, percent-decoded: a mirror has no routes, so every
// segment may be a parameter. The Go mirror never feeds this address; the undecoded path is part of `uri.raw`.
// Stage: [decode]. Hot path.
import { findByte } from './ascii.js'
import type { DecodeTools } from './decode-tools.js'
import { hasEscape, hasUnicodeEscape, iisPathEscapes, percentEscapes } from './percent-decoding.js'
import { byteAt } from './utf8.js'
import type { ValueVisitor } from './value-visitor.js'

const slash = 0x2f
const dot = 0x2e

/** Walks a path into a list of segments. One per worker thread. */
export class PathWalker {
  readonly #tools: DecodeTools

  constructor(tools: DecodeTools) {
    this.#tools = tools
  }

  /** @returns false when the budget ran out before the end. */
  walk(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): boolean {
    visitor.openList()
    const isWithinBudget = this.#walkSegments(visitor, bytes, start, end)
    // A route such as `/files/*rest` hands several segments on as one value. Only an unusual path is given whole: an ordinary
    // one (`/admin/config.php`) would match rules that were written for values naming a server's files.
    const tailStart = bytes[start] === slash ? start + 1 : start
    if (isUnusual(bytes, tailStart, end)) this.#emitDecoded(visitor, bytes, tailStart, end)
    visitor.closeList()
    return isWithinBudget
  }

  #walkSegments(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): boolean {
    while (start < end && !visitor.isDone) {
      const segmentEnd = findByte(bytes, slash, start, end)
      if (segmentEnd > start) this.#emitDecoded(visitor, bytes, start, segmentEnd)
      if (!this.#tools.budget.spend(segmentEnd - start + 1)) return false
      start = segmentEnd + 1
    }
    return true
  }

  #emitDecoded(visitor: ValueVisitor, bytes: Uint8Array, start: number, end: number): void {
    if (hasEscape(bytes, start, end, false)) {
      this.#tools.sendDecoded(visitor, 'append', bytes, start, end, percentEscapes)
      if (hasUnicodeEscape(bytes, start, end)) {
        this.#tools.sendDecoded(visitor, 'append', bytes, start, end, iisPathEscapes)
      }
    } else this.#tools.text.append(visitor, bytes, start, end, false)
  }
}

/** True for a path of several segments with a byte that URLs seldom hold, or with a `..` segment. */
function isUnusual(bytes: Uint8Array, start: number, end: number): boolean {
  let hasSlash = false
  let hasOddByte = false
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0
    if (byte === slash) hasSlash = true
    else if (byte === dot) hasOddByte ||= byteAt(bytes, index + 1) === dot && index + 1 < end
    else hasOddByte ||= !isPlainPathByte(byte)
  }
  return hasSlash && hasOddByte
}

/** Letters, digits, `-`, `_`, `~`. */
function isPlainPathByte(byte: number): boolean {
  const lower = byte | 0x20
  if (lower >= 0x61 && lower <= 0x7a) return true
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x5f || byte === 0x7e
}
