// Takes the messages out of a gRPC or gRPC-Web body: a flag, four bytes of length, the message, and so on.
// Stage: [decode]. (gRPC over HTTP/2: "Length-Prefixed-Message"; gRPC-Web: PROTOCOL-WEB.md.)
import type { DecodeBudget } from '../decode-budget.js'
import type { DecodeTools } from '../decode-tools.js'
import { type MediaType, noMediaType } from '../media-type.js'
import type { ValueVisitor } from '../value-visitor.js'
import { decodeBase64 } from './base64.js'
import type { BodyFault } from './body-fault.js'
import { holdsBinary } from './body-kind.js'
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

/** More encodings than any sender names, and than are tried on each message. */
const maxNamedEncodings = 4

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

  /** @param encodings - that the messages which say that they are compressed may have; at least one. */
  walk(
    visitor: ValueVisitor,
    bytes: Buffer,
    start: number,
    end: number,
    type: string,
    encodings: readonly MessageEncoding[],
  ): GrpcReport {
    const isText = type.startsWith('application/grpc-web-text')
    const decoded = isText ? decodeBase64(bytes, start, end, this.#budget) : undefined
    const framed = decoded?.bytes ?? bytes.subarray(start, end)
    if (!isFlag(framed[0])) return notGrpc
    this.#fault = undefined
    this.#isTruncated = false
    this.#isTimedOut = decoded?.isCut === true
    this.#roomBytes = this.#limitBytes
    this.#walkMessages(visitor, framed, type, encodings)
    return { isGrpc: true, fault: this.#fault, isTruncated: this.#isTruncated, isTimedOut: this.#isTimedOut }
  }

  #walkMessages(visitor: ValueVisitor, framed: Buffer, type: string, encodings: readonly MessageEncoding[]): void {
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
      else this.#walkCompressed(visitor, message, flags, type, encodings)
    }
  }

  /**
   * By each encoding that was named, as implementations differ in which of several they take. What does not decompress is walked
   * as it is; unless it reads as text, it must not pass for clean.
   */
  #walkCompressed(
    visitor: ValueVisitor,
    message: Buffer,
    flags: number,
    type: string,
    encodings: readonly MessageEncoding[],
  ): void {
    let isWhole = false
    let isDecoded = false
    for (const encoding of encodings.slice(0, maxNamedEncodings)) {
      if (encoding === undefined) this.#noteFault('content_encoding_unknown')
      if (encoding === undefined || encoding === 'identity') continue
      const decoded = this.#decode(message, encoding)
      if (decoded.fault === 'corrupt' && encodings.length === 1) this.#noteFault('content_encoding_corrupt')
      if (decoded.fault === undefined) isWhole = true
      if (decoded.bytes.length === 0) continue
      isDecoded = true
      this.#walkMessage(visitor, decoded.bytes, flags, type)
    }
    if (encodings.length > maxNamedEncodings) this.#isTruncated = true
    if (isWhole) return
    if (isDecoded || holdsBinary(message, 0, message.length)) this.#isTruncated = true
    if (!isDecoded) this.#walkMessage(visitor, message, flags, type)
  }

  #decode(message: Buffer, encoding: ContentEncoding): DecodedContent {
    if (this.#roomBytes === 0) return { bytes: Buffer.alloc(0), fault: 'too-large' }
    const decoded = decodeContent(message, encoding, this.#roomBytes, this.#budget)
    this.#roomBytes -= decoded.bytes.length
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
    const isMessage = this.#protobuf.walk(visitor, message, 0, message.length, isProtobufType(type))
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

/** `application/grpc` alone means protobuf too; after a `+` stands any codec (thrift, flatbuffers, …). */
function isProtobufType(type: string): boolean {
  return type.endsWith('+proto') || !type.includes('+')
}
