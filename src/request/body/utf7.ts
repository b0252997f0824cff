// Turns UTF-7 (RFC 2152) into UTF-8: it writes any character in ASCII, so that it hides text where nothing looks odd.
// Stage: [decode]. Own code: TextDecoder does not know it (the WHATWG leaves it out on purpose), some backends still do.
import type { DecodeBudget } from '../decode-budget.js'
import { byteAt, writeCodePoint } from '../utf8.js'
import { sextetOf } from './base64.js'
import { bytesBetweenLooks, stageShare, type TimedDecoding } from './timed-decoding.js'

const plus = 0x2b
const minus = 0x2d

/** Decodes the range; a broken sequence gives what there is of it. */
export function decodeUtf7(bytes: Uint8Array, start: number, end: number, budget: DecodeBudget): TimedDecoding {
  // Eight characters of base64 make three units, and each of these up to three bytes.
  const writer = new Utf7Writer(Buffer.allocUnsafe(Math.ceil(((end - start) * 9) / 8) + 4))
  const stageEndMs = budget.stageEnd(stageShare)
  let index = start
  while (index < end) {
    const blockEnd = Math.min(end, index + bytesBetweenLooks)
    for (; index < blockEnd; index++) writer.take(byteAt(bytes, index))
    if (index < end && budget.isPast(stageEndMs)) break
  }
  return { bytes: writer.written, isCut: index < end }
}

class Utf7Writer {
  readonly #target: Buffer
  #length = 0
  /** Inside `+…`, where base64 stands for UTF-16. */
  #isShifted = false
  #isShiftEmpty = false
  #bits = 0
  #bitCount = 0
  #highSurrogate = 0

  constructor(target: Buffer) {
    this.#target = target
  }

  get written(): Buffer {
    return this.#target.subarray(0, this.#length)
  }

  take(byte: number): void {
    if (!this.#isShifted) {
      if (byte === plus) this.#shift()
      else this.#writeByte(byte)
      return
    }
    // `-` is a digit of another alphabet; here it ends the shift, and right after `+` stands for a plus.
    const sextet = byte === minus ? -1 : sextetOf(byte)
    if (sextet >= 0) {
      this.#takeSextet(sextet)
      return
    }
    this.#isShifted = false
    if (byte !== minus) this.#writeByte(byte)
    else if (this.#isShiftEmpty) this.#writeByte(plus)
  }

  #shift(): void {
    this.#isShifted = true
    this.#isShiftEmpty = true
    this.#bitCount = 0
    this.#highSurrogate = 0
  }

  #takeSextet(sextet: number): void {
    this.#isShiftEmpty = false
    this.#bits = ((this.#bits << 6) | sextet) & 0x3fffff
    this.#bitCount += 6
    if (this.#bitCount < 16) return
    this.#bitCount -= 16
    this.#writeUnit((this.#bits >> this.#bitCount) & 0xffff)
  }

  #writeUnit(unit: number): void {
    const high = this.#highSurrogate
    this.#highSurrogate = 0
    if (unit >= 0xd800 && unit < 0xdc00) {
      this.#highSurrogate = unit
      return
    }
    const isLow = unit >= 0xdc00 && unit < 0xe000
    const codePoint = !isLow ? unit : high === 0 ? 0xfffd : 0x10000 + ((high - 0xd800) << 10) + unit - 0xdc00
    this.#length = writeCodePoint(this.#target, this.#length, codePoint)
  }

  #writeByte(byte: number): void {
    this.#target[this.#length++] = byte
  }
}
