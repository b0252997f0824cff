// Frameworks turn `a[b][c]=1` and `a.b.c=1` into nested maps, and rules look for names such as `__proto__` as whole keys: so
// the parts of such a name go out as keys of their own, before the name itself.
// Stage: [decode]. The Go mirror gives flat names only.
import type { TextEmitter } from './text-emitter.js'
import { byteAt } from './utf8.js'
import type { ValueVisitor } from './value-visitor.js'

const dot = 0x2e
const openBracket = 0x5b
const closeBracket = 0x5d

/** Parts that are looked at: frameworks stop nesting at 5 (qs) to 100 levels. */
const maxParts = 32

/** Sends the parts of a nested name as keys without a value; nothing for a plain name. */
export function sendKeyParts(
  text: TextEmitter,
  visitor: ValueVisitor,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  let partStart = start
  let partCount = 0
  for (let index = start; index <= end && partCount < maxParts; index++) {
    if (index < end ? !isSeparator(byteAt(bytes, index)) : partStart === start) continue
    if (isName(bytes, partStart, index)) {
      text.key(visitor, bytes, partStart, index, false)
      visitor.nil()
      partCount++
    }
    partStart = index + 1
  }
}

function isSeparator(byte: number): boolean {
  return byte === dot || byte === openBracket || byte === closeBracket
}

/** Neither empty nor an index. */
function isName(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = byteAt(bytes, index)
    if (byte < 0x30 || byte > 0x39) return true
  }
  return false
}
