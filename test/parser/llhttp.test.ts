// The contract with the llhttp build inside undici: what it exports and imports, what its numbers mean.
/// <reference path="../../src/parser/webassembly.d.ts" />
import { createRequire } from 'node:module'
import t from 'tap'
import {
  createParserState,
  execute,
  freeParserState,
  inputLimitBytes,
  LlhttpResult,
  loadInput,
  type MessageHandler,
  methodNameInLlhttp,
  methodOf,
  usedExports,
} from '#src/parser/llhttp.js'
import { connectMethodId, methodNames } from '#src/parser/methods.js'

const exportedFunctions = [
  '_initialize',
  'free',
  'llhttp_alloc',
  'llhttp_errno_name',
  'llhttp_execute',
  'llhttp_finish',
  'llhttp_free',
  'llhttp_get_errno',
  'llhttp_get_error_pos',
  'llhttp_get_error_reason',
  'llhttp_get_http_major',
  'llhttp_get_http_minor',
  'llhttp_get_method',
  'llhttp_get_status_code',
  'llhttp_get_type',
  'llhttp_get_upgrade',
  'llhttp_init',
  'llhttp_message_needs_eof',
  'llhttp_method_name',
  'llhttp_pause',
  'llhttp_reset',
  'llhttp_resume',
  'llhttp_resume_after_upgrade',
  'llhttp_set_error_reason',
  'llhttp_set_lenient_chunked_length',
  'llhttp_set_lenient_data_after_close',
  'llhttp_set_lenient_headers',
  'llhttp_set_lenient_keep_alive',
  'llhttp_set_lenient_optional_cr_before_lf',
  'llhttp_set_lenient_optional_crlf_after_chunk',
  'llhttp_set_lenient_optional_lf_after_cr',
  'llhttp_set_lenient_spaces_after_chunk_size',
  'llhttp_set_lenient_transfer_encoding',
  'llhttp_set_lenient_version',
  'llhttp_settings_init',
  'llhttp_should_keep_alive',
  'llhttp_status_name',
  'malloc',
] as const

const importedCallbacks = [
  'wasm_on_body',
  'wasm_on_header_field',
  'wasm_on_header_value',
  'wasm_on_headers_complete',
  'wasm_on_message_begin',
  'wasm_on_message_complete',
  'wasm_on_status',
  'wasm_on_url',
] as const

t.test('the WASM build exports and imports what this was written for, no more and no less', async (t) => {
  const module = new WebAssembly.Module(readBinary())
  const kinds = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`)
  t.same(
    kinds.sort(),
    ['memory memory', 'table __indirect_function_table', ...exportedFunctions.map((name) => `function ${name}`)].sort(),
  )
  const imports = WebAssembly.Module.imports(module).map(({ module, name, kind }) => `${kind} ${module}.${name}`)
  t.same(
    imports.sort(),
    importedCallbacks.map((name) => `function env.${name}`),
  )
})

t.test('every export that is used is in the list above', async (t) => {
  const known = new Set<string>(['memory', ...exportedFunctions])
  t.same(
    usedExports.filter((name) => !known.has(name)),
    [],
  )
})

t.test('the numbers of methods mean the names that llhttp gives them', async (t) => {
  t.same(
    methodNames.map((_, id) => methodNameInLlhttp(id)),
    methodNames,
  )
  t.equal(methodNameInLlhttp(connectMethodId), 'CONNECT')
})

t.test('the numbers of errors mean what undici calls them', async (t) => {
  const { ERROR } = createRequire(import.meta.url)('undici/lib/llhttp/constants.js')
  t.same(
    {
      ok: ERROR.OK,
      strict: ERROR.STRICT,
      lineFeedExpected: ERROR.LF_EXPECTED,
      unexpectedContentLength: ERROR.UNEXPECTED_CONTENT_LENGTH,
      closedConnection: ERROR.CLOSED_CONNECTION,
      invalidMethod: ERROR.INVALID_METHOD,
      invalidTarget: ERROR.INVALID_URL,
      invalidConstant: ERROR.INVALID_CONSTANT,
      invalidVersion: ERROR.INVALID_VERSION,
      invalidHeaderToken: ERROR.INVALID_HEADER_TOKEN,
      invalidContentLength: ERROR.INVALID_CONTENT_LENGTH,
      invalidChunkSize: ERROR.INVALID_CHUNK_SIZE,
      invalidTransferEncoding: ERROR.INVALID_TRANSFER_ENCODING,
      paused: ERROR.PAUSED,
      pausedUpgrade: ERROR.PAUSED_UPGRADE,
      pausedHttp2: ERROR.PAUSED_H2_UPGRADE,
      user: ERROR.USER,
      carriageReturnExpected: ERROR.CR_EXPECTED,
      unexpectedSpace: ERROR.UNEXPECTED_SPACE,
    },
    LlhttpResult,
  )
})

/** Pages that the build asks for at start. */
const initialMemoryBytes = 2 * 64 * 1024

t.test('20,000 parser states can be made and freed, while the memory grows under the view', async (t) => {
  const states = Array.from({ length: 20_000 }, () => createParserState())
  t.equal(new Set(states).size, states.length, 'no two share an address')
  t.notOk(states.includes(0), 'none was refused')
  t.ok(Math.max(...states) > initialMemoryBytes, 'the memory had to grow for them')
  for (const state of [states[0] ?? 0, states.at(-1) ?? 0])
    t.equal(parseTarget(state, '/after-growth'), '/after-growth')
  for (const state of states) freeParserState(state)
  const reused = Array.from({ length: 1000 }, () => createParserState())
  const firstAddresses = new Set(states)
  t.ok(
    reused.every((state) => firstAddresses.has(state)),
    'what was freed is used again',
  )
  for (const state of reused) freeParserState(state)
})

t.test('states do not see one another', async (t) => {
  const [one, other] = [createParserState(), createParserState()]
  const spans = new SpanRecorder()
  loadInput(Buffer.from('POST /one HT'))
  execute(one, spans, 0, 12)
  t.equal(parseTarget(other, '/other'), '/other')
  const rest = Buffer.from('TP/1.1\r\n\r\n')
  loadInput(rest)
  t.equal(execute(one, spans, 0, rest.length), LlhttpResult.paused)
  t.equal(methodNames[methodOf(one)], 'POST')
  freeParserState(one)
  freeParserState(other)
})

t.test('input is bounded: the last accepted length and the first rejected', async (t) => {
  t.doesNotThrow(() => loadInput(Buffer.alloc(inputLimitBytes)))
  t.throws(() => loadInput(Buffer.alloc(inputLimitBytes + 1)), /inputLimitBytes/)
})

t.test('llhttp is not entered twice', async (t) => {
  const state = createParserState()
  const nested = new SpanRecorder()
  nested.onMessageBegin = () => {
    execute(state, nested, 0, 1)
  }
  loadInput(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  t.throws(() => execute(state, nested, 0, 18), /reentrant/)
  t.equal(parseTarget(createParserState(), '/next'), '/next', 'and works on after that')
})

/** Notes where the target was. */
class SpanRecorder implements MessageHandler {
  targetStart = 0
  targetEnd = 0

  onMessageBegin(): void {}

  onTarget(start: number, end: number): number {
    this.targetStart = start
    this.targetEnd = end
    return 0
  }

  onHeaderName(): number {
    return 0
  }

  onHeaderValue(): number {
    return 0
  }

  onHeadComplete(): number {
    return 0
  }

  onBody(): void {}

  onMessageComplete(): void {}
}

function parseTarget(state: number, target: string): string {
  const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\n\r\n`)
  const spans = new SpanRecorder()
  loadInput(bytes)
  execute(state, spans, 0, bytes.length)
  return bytes.toString('latin1', spans.targetStart, spans.targetEnd)
}

function readBinary(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createRequire(import.meta.url)('undici/lib/llhttp/llhttp_simd-wasm.js'))
}
