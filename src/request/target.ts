// Splits a request target into the parts that rules look at; nothing is decoded or cleaned here.
// Stage: [decode]. Hot path. Takes origin-form, absolute-form, `*` and authority-form, and whatever else a client sent.
import { findByte } from './ascii.js'
import { byteAt } from './utf8.js'

const slash = 0x2f
const colon = 0x3a
const questionMark = 0x3f
const at = 0x40

/** Positions of a target's parts; an empty part has start = end. Reused for every request. */
export class TargetSplit {
  /** Authority of an absolute-form target, without user information. */
  authorityStart = 0
  authorityEnd = 0
  pathStart = 0
  pathEnd = 0
  /** After the first `?`, to the end: a request target has no fragment, so a `#` is part of the query (as in Go). */
  queryStart = 0
  queryEnd = 0

  /** Finds the parts of the target in `start`..`end`. */
  split(bytes: Uint8Array, start: number, end: number): void {
    const authorityStart = byteAt(bytes, start) === slash ? start : findAuthority(bytes, start, end)
    this.authorityStart = authorityStart
    this.authorityEnd = authorityStart
    if (authorityStart > start) this.#splitAuthority(bytes, authorityStart, end)
    this.pathStart = this.authorityEnd
    this.pathEnd = findByte(bytes, questionMark, this.pathStart, end)
    this.queryStart = Math.min(this.pathEnd + 1, end)
    this.queryEnd = end
  }

  #splitAuthority(bytes: Uint8Array, start: number, end: number): void {
    let authorityEnd = start
    while (authorityEnd < end) {
      const byte = byteAt(bytes, authorityEnd)
      if (byte === slash || byte === questionMark) break
      if (byte === at) this.authorityStart = authorityEnd + 1
      authorityEnd++
    }
    this.authorityEnd = authorityEnd
  }
}

/** Offset after `scheme://`, or `start` when the target has no scheme. */
function findAuthority(bytes: Uint8Array, start: number, end: number): number {
  for (let index = start; index + 2 < end; index++) {
    const byte = byteAt(bytes, index)
    if (byte === colon && byteAt(bytes, index + 1) === slash && byteAt(bytes, index + 2) === slash) return index + 3
    if (!isSchemeByte(byte)) return start
  }
  return start
}

function isSchemeByte(byte: number): boolean {
  const lower = byte | 0x20
  return (
    (lower >= 0x61 && lower <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  )
}
