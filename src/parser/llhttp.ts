// The llhttp state machine: a thin layer over the WASM build that undici ships. Sole import of undici.
// Stage: listener -> [parser] -> batch. Hot path; bench: scenarios/parser.bench.ts.
// Module state is legal here because `llhttp_execute` is synchronous: one handler is current for the length of one call.
// Why undici's build: npm `llhttp` 1.0.1 is a 2018 generator without a runtime, Node's own binding is deprecated to reach.
import assert from 'node:assert'
import { createRequire } from 'node:module'
import { MirrorwafError, reasonOf } from '../errors.js'

/**
 * Receives llhttp's callbacks. Positions are offsets into the bytes given to `execute`. A token that straddles two calls
 * is reported in two pieces. A non-zero return stops the parser with `LlhttpResult.user`.
 */
export interface MessageHandler {
  onMessageBegin(): void
  onTarget(start: number, end: number): number
  onHeaderName(start: number, end: number): number
  onHeaderValue(start: number, end: number): number
  /** @param keepsAlive - whether the connection may carry another request after this one. */
  onHeadComplete(isUpgrade: boolean, keepsAlive: boolean): number
  onBody(start: number, end: number): void
  onMessageComplete(): void
}

/** llhttp's error numbers that the parser tells apart (llhttp 9 `llhttp_errno_t`). */
export const LlhttpResult = {
  ok: 0,
  /** Between and behind the chunks of a body: what stands there is no line end or no extension. */
  strict: 2,
  lineFeedExpected: 3,
  unexpectedContentLength: 4,
  closedConnection: 5,
  invalidMethod: 6,
  invalidTarget: 7,
  invalidConstant: 8,
  invalidVersion: 9,
  invalidHeaderToken: 10,
  invalidContentLength: 11,
  invalidChunkSize: 12,
  invalidTransferEncoding: 15,
  paused: 21,
  pausedUpgrade: 22,
  pausedHttp2: 23,
  user: 24,
  carriageReturnExpected: 25,
  unexpectedSpace: 30,
} as const

/** Address of one connection's parser state inside the WASM memory. Free it on every close path. */
export type ParserState = number

/** A socket chunk is at most this long (libuv's suggested read size); longer input is fed in slices. */
export const inputLimitBytes: number = 64 * 1024

const typeRequest = 1

interface Exports {
  readonly memory: WebAssembly.Memory
  _initialize(): void
  malloc(byteCount: number): number
  llhttp_alloc(type: number): number
  llhttp_free(state: number): void
  llhttp_reset(state: number): void
  llhttp_execute(state: number, input: number, length: number): number
  llhttp_resume(state: number): void
  llhttp_resume_after_upgrade(state: number): void
  llhttp_get_error_pos(state: number): number
  llhttp_get_method(state: number): number
  llhttp_get_http_major(state: number): number
  llhttp_get_http_minor(state: number): number
  llhttp_method_name(method: number): number
}

/** The WASM exports used here; the contract test compares the whole list with the binary. */
export const usedExports: readonly string[] = [
  'memory',
  '_initialize',
  'malloc',
  'llhttp_alloc',
  'llhttp_free',
  'llhttp_reset',
  'llhttp_execute',
  'llhttp_resume',
  'llhttp_resume_after_upgrade',
  'llhttp_get_error_pos',
  'llhttp_get_method',
  'llhttp_get_http_major',
  'llhttp_get_http_minor',
  'llhttp_method_name',
]

let handler: MessageHandler | undefined

const llhttp: Exports = instantiate()
const input: number = llhttp.malloc(inputLimitBytes)
/** Made anew when the memory grows: growth detaches the old view. */
let memory: Uint8Array = new Uint8Array(llhttp.memory.buffer)

/** Makes the parser state of a new connection. */
export function createParserState(): ParserState {
  return llhttp.llhttp_alloc(typeRequest)
}

/** Frees it; the number must not be used again. */
export function freeParserState(state: ParserState): void {
  llhttp.llhttp_free(state)
}

/** Forgets what was parsed and any error, ready for the first byte of a request. */
export function resetParserState(state: ParserState): void {
  llhttp.llhttp_reset(state)
}

/**
 * Copies bytes to where `execute` reads them. Call it once per chunk, then `execute` on ranges of it.
 * @param bytes - at most `inputLimitBytes`; not kept.
 */
export function loadInput(bytes: Uint8Array): void {
  assert(bytes.length <= inputLimitBytes, 'a chunk is fed in slices of inputLimitBytes')
  if (memory.buffer !== llhttp.memory.buffer) memory = new Uint8Array(llhttp.memory.buffer)
  memory.set(bytes, input)
}

/**
 * Parses the loaded bytes from `start` to `end`, calling `target` for what it finds; stops after each request.
 * @returns a number of `LlhttpResult`: `paused` after a complete request, `ok` when all bytes were taken.
 */
export function execute(state: ParserState, target: MessageHandler, start: number, end: number): number {
  assert(handler === undefined, 'llhttp is not reentrant')
  handler = target
  try {
    return llhttp.llhttp_execute(state, input + start, end - start)
  } finally {
    handler = undefined
  }
}

/** Offset into the loaded bytes where the last `execute` stopped, when it did not return `ok`. */
export function stopPosition(state: ParserState): number {
  return llhttp.llhttp_get_error_pos(state) - input
}

/** Lets `execute` go on after `paused`. */
export function resume(state: ParserState): void {
  llhttp.llhttp_resume(state)
}

/** Lets `execute` go on with plain HTTP after `pausedUpgrade`: a mirror never switches protocols. */
export function resumeAfterUpgrade(state: ParserState): void {
  llhttp.llhttp_resume_after_upgrade(state)
}

/** llhttp's number of the current request's method; an index into `methodNames`. */
export function methodOf(state: ParserState): number {
  return llhttp.llhttp_get_method(state)
}

/** 10 for HTTP/1.0, 11 for HTTP/1.1. */
export function httpVersionOf(state: ParserState): number {
  return llhttp.llhttp_get_http_major(state) * 10 + llhttp.llhttp_get_http_minor(state)
}

/** The name llhttp itself gives a method number; for the test that holds `methodNames` equal to it. */
export function methodNameInLlhttp(method: number): string {
  const bytes = new Uint8Array(llhttp.memory.buffer)
  const start = llhttp.llhttp_method_name(method)
  return Buffer.from(bytes.subarray(start, bytes.indexOf(0, start))).toString('latin1')
}

function current(): MessageHandler {
  assert(handler !== undefined, 'llhttp called back outside execute')
  return handler
}

function instantiate(): Exports {
  try {
    const binary: unknown = createRequire(import.meta.url)('undici/lib/llhttp/llhttp_simd-wasm.js')
    assert(binary instanceof Uint8Array, 'undici/lib/llhttp/llhttp_simd-wasm.js holds no bytes')
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(binary)), { env: callbacks() })
    for (const name of usedExports) assert(name in exports, `${name} is not exported`)
    // The foreign boundary: names were checked above, and the contract test checks their kinds.
    const typed = exports as unknown as Exports
    typed._initialize()
    return typed
  } catch (cause) {
    throw new MirrorwafError('MWAF_PARSER_CONTRACT', { reason: reasonOf(cause) }, cause)
  }
}

function callbacks(): WebAssembly.ModuleImports {
  return {
    wasm_on_message_begin: () => {
      current().onMessageBegin()
      return 0
    },
    wasm_on_url: (_state: number, at: number, length: number) => current().onTarget(at - input, at - input + length),
    wasm_on_status: () => 0,
    wasm_on_header_field: (_state: number, at: number, length: number) =>
      current().onHeaderName(at - input, at - input + length),
    wasm_on_header_value: (_state: number, at: number, length: number) =>
      current().onHeaderValue(at - input, at - input + length),
    wasm_on_headers_complete: (_state: number, _status: number, upgrade: number, keepsAlive: number) =>
      current().onHeadComplete(upgrade !== 0, keepsAlive !== 0),
    wasm_on_body: (_state: number, at: number, length: number) => {
      current().onBody(at - input, at - input + length)
      return 0
    },
    wasm_on_message_complete: () => {
      current().onMessageComplete()
      return LlhttpResult.paused
    },
  }
}
