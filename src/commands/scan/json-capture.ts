// Takes the objects at one path out of a JSON document that is too large to parse whole, as HAR files are.
// It follows nesting and strings only; each captured object is checked by whoever parses it.

/** What went wrong; `undefined` from `fault` means nothing did. */
export type CaptureFault = 'too-large' | 'too-deep'

/** Feed chunks, get the bytes of each object at `path`. */
export class JsonCapture {
  fault: CaptureFault | undefined
  /** True once the array that `*` in the path stands for was found. */
  isPathFound = false
  readonly #path: readonly string[]
  readonly #limitBytes: number
  /** Open brackets, outermost first; at most `depthLimit`. */
  readonly #brackets = new Uint8Array(depthLimit)
  #depth = 0
  /** How many of the open brackets, from the outermost, lie on the path. */
  #onPath = 0
  #isInString = false
  #isEscaped = false
  #isKeyNext = false
  #isReadingKey = false
  #key = ''
  #captureDepth = 0
  #captured: Buffer[] = []
  #capturedBytes = 0

  /**
   * @param path - keys from the root; one `*` stands for any element of an array.
   * @param limitBytes - last accepted size of one object.
   */
  constructor(path: readonly string[], limitBytes: number) {
    this.#path = path
    this.#limitBytes = limitBytes
  }

  /** True when every bracket was closed and none is missing. */
  get isBalanced(): boolean {
    return this.#depth === 0 && !this.#isInString
  }

  /** Objects that end in this chunk; none any more once there is a fault. */
  *feed(chunk: Buffer): Generator<Buffer> {
    let captureStart = this.#captureDepth > 0 ? 0 : -1
    for (let index = 0; index < chunk.length && this.fault === undefined; index++) {
      const byte = chunk[index] ?? 0
      if (this.#isInString) {
        this.#stepInString(byte)
        continue
      }
      const wasCapturing = this.#captureDepth > 0
      this.#step(byte)
      if (!wasCapturing && this.#captureDepth > 0) captureStart = index
      if (!wasCapturing || this.#captureDepth > 0) continue
      this.#keep(chunk.subarray(captureStart, index + 1))
      captureStart = -1
      if (this.fault === undefined) yield this.#takeCaptured()
    }
    if (captureStart !== -1) this.#keep(Buffer.from(chunk.subarray(captureStart)))
  }

  #stepInString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === Byte.backslash) this.#isEscaped = true
    else if (byte === Byte.quote) {
      this.#isInString = false
      return
    }
    // Keys off the path are not looked at, and longer ones than any on it cannot be equal.
    if (this.#isReadingKey && this.#key.length < keyLimit) this.#key += String.fromCharCode(byte)
  }

  #step(byte: number): void {
    switch (byte) {
      case Byte.quote:
        this.#isInString = true
        this.#isReadingKey = this.#isKeyNext && this.#onPath === this.#depth
        if (this.#isReadingKey) this.#key = ''
        break
      case Byte.colon:
        this.#isKeyNext = false
        this.#isReadingKey = false
        break
      case Byte.comma:
        this.#isKeyNext = this.#brackets[this.#depth - 1] === Byte.openBrace
        break
      case Byte.openBrace:
      case Byte.openBracket:
        this.#open(byte)
        break
      case Byte.closeBrace:
      case Byte.closeBracket:
        this.#close()
        break
    }
  }

  #open(bracket: number): void {
    if (this.#depth === depthLimit) {
      this.fault = 'too-deep'
      return
    }
    const isOnPath = this.#onPath === this.#depth && (this.#depth === 0 || this.#matchesPath())
    if (isOnPath && this.#depth === this.#path.length && bracket === Byte.openBrace)
      this.#captureDepth = this.#depth + 1
    this.#brackets[this.#depth++] = bracket
    if (isOnPath) this.#onPath = this.#depth
    if (this.#onPath === this.#path.indexOf('*') + 1) this.isPathFound = true
    this.#isKeyNext = bracket === Byte.openBrace
  }

  /** Whether the value that begins now is the next step of the path. */
  #matchesPath(): boolean {
    const step = this.#path[this.#depth - 1]
    if (step === undefined) return false
    const isArray = this.#brackets[this.#depth - 1] === Byte.openBracket
    return isArray ? step === '*' : step === this.#key
  }

  #close(): void {
    if (this.#depth === 0) return
    if (this.#captureDepth === this.#depth) this.#captureDepth = 0
    this.#depth--
    this.#onPath = Math.min(this.#onPath, this.#depth)
    this.#isKeyNext = false
  }

  #keep(part: Buffer): void {
    this.#capturedBytes += part.length
    if (this.#capturedBytes > this.#limitBytes) this.fault = 'too-large'
    else this.#captured.push(part)
  }

  #takeCaptured(): Buffer {
    const whole = Buffer.concat(this.#captured, this.#capturedBytes)
    this.#captured = []
    this.#capturedBytes = 0
    return whole
  }
}

/** Far beyond any HAR file; JSON.parse itself is content with thousands. */
const depthLimit = 512
const keyLimit = 64

const Byte = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const
