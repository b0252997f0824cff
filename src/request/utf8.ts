// Tells valid UTF-8 from the rest, byte by byte, and reads what is not valid the two ways a backend might.
// Stage: [decode]. Own code, because it runs on ranges of a shared buffer without a view, a copy or a string per value.

/**
 * Length of the UTF-8 sequence at `index`, negated when it is invalid: then the count of bytes that one U+FFFD stands for
 * (the "maximal subpart" of Unicode 3.9 and the WHATWG decoder), which never holds an ASCII byte that follows.
 */
export function sequenceLength(bytes: Uint8Array, index: number, end: number): number {
  const lead = byteAt(bytes, index)
  if (lead < 0x80) return 1
  if (lead < 0xc2 || lead > 0xf4) return -1
  const second = index + 1 < end ? byteAt(bytes, index + 1) : 0
  if (second < lowestSecond(lead) || second > highestSecond(lead)) return -1
  if (lead < 0xe0) return 2
  if (!isContinuation(bytes, index + 2, end)) return -2
  if (lead < 0xf0) return 3
  return isContinuation(bytes, index + 3, end) ? 4 : -3
}

/** True when the whole range is valid UTF-8. */
export function isValidUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let index = start
  while (index < end) {
    if ((bytes[index] ?? 0) < 0x80) {
      index++
      continue
    }
    const length = sequenceLength(bytes, index, end)
    if (length < 0) return false
    index += length
  }
  return true
}

/** True when the range holds only bytes below 0x80. */
export function isAsciiRange(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0
  for (let index = start; index < end; index++) seen |= bytes[index] ?? 0
  return seen < 0x80
}

/** The nearest character boundary at or before `index` in valid UTF-8; at most 3 bytes before it whatever the bytes are. */
export function charBoundaryBefore(bytes: Uint8Array, index: number, start: number): number {
  const lowest = Math.max(start, index - 3)
  while (index > lowest && (byteAt(bytes, index) & 0xc0) === 0x80) index--
  return index
}

/** Writes a code point as UTF-8. @returns the offset after it; at most 4 bytes are written. */
export function writeCodePoint(target: Uint8Array, at: number, codePoint: number): number {
  if (codePoint < 0x80) {
    target[at] = codePoint
    return at + 1
  }
  if (codePoint < 0x800) {
    target[at] = 0xc0 | (codePoint >> 6)
    target[at + 1] = 0x80 | (codePoint & 0x3f)
    return at + 2
  }
  if (codePoint < 0x10000) {
    target[at] = 0xe0 | (codePoint >> 12)
    target[at + 1] = 0x80 | ((codePoint >> 6) & 0x3f)
    target[at + 2] = 0x80 | (codePoint & 0x3f)
    return at + 3
  }
  target[at] = 0xf0 | (codePoint >> 18)
  target[at + 1] = 0x80 | ((codePoint >> 12) & 0x3f)
  target[at + 2] = 0x80 | ((codePoint >> 6) & 0x3f)
  target[at + 3] = 0x80 | (codePoint & 0x3f)
  return at + 4
}

/** The byte at an index; 0 outside, so that the type needs no assertion. Loops over every byte index the array themselves: V8
 * does not always inline this call, and it was a third of the time of a head. */
export function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}

function isContinuation(bytes: Uint8Array, index: number, end: number): boolean {
  return index < end && (byteAt(bytes, index) & 0xc0) === 0x80
}

function lowestSecond(lead: number): number {
  if (lead === 0xe0) return 0xa0
  if (lead === 0xf0) return 0x90
  return 0x80
}

function highestSecond(lead: number): number {
  if (lead === 0xed) return 0x9f
  if (lead === 0xf4) return 0x8f
  return 0xbf
}
