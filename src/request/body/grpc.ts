// Takes the messages out of a gRPC or gRPC-Web body: a flag, four bytes of length, the message, and so on.
// Stage: [decode]. (gRPC over HTTP/2: "Length-Prefixed-Message"; gRPC-Web: PROTOCOL-WEB.md.)
import type { DecodeBudget } from '../decode-budget.js'
import type { DecodeTools } from '../decode-tools.js'
import { type MediaType, noMediaType } from '../media-type.js'
import type { ValueVisitor } from '../value-visitor.js'
import type { BodyFault } from './body-fault.js'
import { looksBinary } from './body-kind.js'
import { type ContentEncoding, type DecodedContent, decodeContent } from './content-encoding.js'
import { ProtobufWalker } from './protobuf.js'

/** What a grpc-encoding line names; `undefined` for an encoding that is not known. */
export type MessageEncoding = ContentEncoding | 'identity' | undefined

/** Walks content that is no protobuf: JSON as a message's encoding, and what only claims to be gRPC. */
export interface MessageContentWalker {
  walk(visitor: ValueVisitor, bytes: Buffer, start: number, end: number, media: MediaType): BodyFault | undefined
}

/** How the walk over a gRPC body ended. */
export interface GrpcReport {
  /** False when the body is not what its type says: then nothing was sent. */
  readonly isGrpc: boolean
  readonly fault: BodyFault | undefined
  readonly isTruncated: boolean
  readonly isTimedOut: boolean
}

const prefixBytes = 5
const compressedFlag = 0x01
/** Of gRPC-Web: the message is a block of header lines. */
const trailersFlag = 0x80

/** `=`, which ends a piece of base64. */
const padding = 0x3d
/** What a piece counts beside its bytes: an empty one takes as long as 50 bytes do. */
const pieceCostBytes = 50

const jsonMedia: MediaType = { ...noMediaType, type: 'application/json' }
const notGrpc: GrpcReport = Object.freeze({ isGrpc: false, fault: undefined, isTruncated: false, isTimedOut: false })

/** @param type - media type, lower case, without parameters. */
export function isGrpcType(type: string): boolean {
  return type.startsWith('application/grpc')
}

/** Walks gRPC bodies. One per worker thread. */
export class GrpcWalker {
  readonly #budget: DecodeBudget
  readonly #tools: DecodeTools
  readonly #protobuf: ProtobufWalker
  readonly #content: MessageContentWalker
  readonly #limitBytes: number
  #fault: BodyFault | undefined
  #isTruncated = false
  #isTimedOut = false
  /** What decompressing the messages of this body may still give. */
  #roomBytes = 0

  /** @param limitBytes - most bytes that the messages of a body may decompress to, together. */
  constructor(tools: DecodeTools, content: MessageContentWalker, limitBytes: number) {
    this.#tools = tools
    this.#budget = tools.budget
    this.#protobuf = new ProtobufWalker(tools)
    this.#content = content
    this.#limitBytes = limitBytes
  }

  /** @param encoding - of the messages that say that they are compressed. */
  walk(
    visitor: ValueVisitor,
    bytes: Buffer,
    start: number,
    end: number,
    type: string,
    encoding: MessageEncoding,
  ): GrpcReport {
    const isText = type.startsWith('application/grpc-web-text')
    const framed = isText ? decodeBase64Pieces(bytes, start, end, this.#budget) : bytes.subarray(start, end)
    if (!isFlag(framed[0])) return notGrpc
    this.#fault = undefined
    this.#isTruncated = false
    this.#isTimedOut = false
    this.#roomBytes = this.#limitBytes
    this.#walkMessages(visitor, framed, type, encoding)
    return { isGrpc: true, fault: this.#fault, isTruncated: this.#isTruncated, isTimedOut: this.#isTimedOut }
  }

  #walkMessages(visitor: ValueVisitor, framed: Buffer, type: string, encoding: MessageEncoding): void {
    let at = 0
    while (at < framed.length && !visitor.isDone && this.#budget.spend(prefixBytes)) {
      if (!isFlag(framed[at]) || framed.length - at < prefixBytes) {
        this.#noteFault('grpc_framing')
        this.#content.walk(visitor, framed, at, framed.length, noMediaType)
        return
      }
      const flags = framed[at] ?? 0
      const messageStart = at + prefixBytes
      const messageEnd = messageStart + framed.readUInt32BE(at + 1)
      if (messageEnd > framed.length) this.#noteFault('grpc_cut')
      const message = framed.subarray(messageStart, messageEnd)
      at = messageEnd
      if ((flags & compressedFlag) === 0) this.#walkMessage(visitor, message, flags, type)
      else this.#walkCompressed(visitor, message, flags, type, encoding)
    }
  }

  /** What does not decompress is walked as it is; unless it reads as text, it must not pass for clean. */
  #walkCompressed(
    visitor: ValueVisitor,
    message: Buffer,
    flags: number,
    type: string,
    encoding: MessageEncoding,
  ): void {
    if (encoding === undefined) this.#noteFault('content_encoding_unknown')
    const isKnown = encoding !== undefined && encoding !== 'identity'
    const decoded = isKnown ? this.#decode(message, encoding) : undefined
    if (decoded !== undefined && decoded.bytes.length > 0) this.#walkMessage(visitor, decoded.bytes, flags, type)
    if (decoded !== undefined && decoded.fault === undefined) return
    if ((decoded !== undefined && decoded.bytes.length > 0) || looksBinary(message, 0, message.length)) {
      this.#isTruncated = true
    }
    if (decoded === undefined || decoded.bytes.length === 0) this.#walkMessage(visitor, message, flags, type)
  }

  #decode(message: Buffer, encoding: ContentEncoding): DecodedContent {
    if (this.#roomBytes === 0) return { bytes: Buffer.alloc(0), fault: 'too-large' }
    const decoded = decodeContent(message, encoding, this.#roomBytes, this.#budget)
    this.#roomBytes -= decoded.bytes.length
    if (decoded.fault === 'corrupt') this.#noteFault('content_encoding_corrupt')
    if (decoded.fault === 'too-large') this.#isTruncated = true
    if (decoded.fault === 'timed-out') this.#isTimedOut = true
    return decoded
  }

  #walkMessage(visitor: ValueVisitor, message: Buffer, flags: number, type: string): void {
    if (message.length === 0) return
    if ((flags & trailersFlag) !== 0) {
      this.#tools.text.value(visitor, message, 0, message.length, false)
      return
    }
    if (type.endsWith('+json')) {
      this.#noteFault(this.#content.walk(visitor, message, 0, message.length, jsonMedia))
      return
    }
    visitor.openMap('multi')
    const isMessage = this.#protobuf.walk(visitor, message, 0, message.length)
    visitor.closeMap()
    if (!isMessage) this.#noteFault(this.#content.walk(visitor, message, 0, message.length, noMediaType))
  }

  #noteFault(fault: BodyFault | undefined): void {
    this.#fault ??= fault
  }
}

function isFlag(byte: number | undefined): boolean {
  return byte !== undefined && (byte & ~(compressedFlag | trailersFlag)) === 0
}

/**
 * Senders may encode piece by piece, with padding at each piece's end; a hostile one makes pieces of a byte each.
 * @returns what was decoded within the budget.
 */
function decodeBase64Pieces(bytes: Buffer, start: number, end: number, budget: DecodeBudget): Buffer {
  const decoded = Buffer.allocUnsafe(end - start)
  let length = 0
  let at = start
  while (at < end) {
    const found = bytes.indexOf(padding, at)
    const pieceEnd = found < 0 || found > end ? end : found
    length += decoded.write(bytes.toString('latin1', at, pieceEnd), length, 'base64')
    if (!budget.spend(pieceEnd - at + pieceCostBytes)) break
    at = pieceEnd + 1
  }
  return decoded.subarray(0, length)
}
