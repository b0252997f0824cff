// Harmless requests of many shapes that a worker sends through its prefilter before it is ready: the states that real
// requests need most are then there, and the code is compiled. Always the same requests, in the same order.
import type { AddressSink, ValueVisitor } from '../../request/value-visitor.js'
import { headerValues } from './vocabulary.js'
import { WordSource } from './word-source.js'

const seed = 20_240_229
/** Short ones first: should the time run out, what most requests have is there. */
const shapes = ['page', 'search', 'health', 'document', 'form', 'tokens', 'report'] as const

/** Sends one request after another into a sink. */
export class WarmUpCorpus {
  readonly #words = new WordSource(seed)
  #count = 0

  /** Sends the next request; each call another one. */
  send(sink: AddressSink): void {
    const shape = shapes[this.#count++ % shapes.length] ?? 'page'
    text(
      sink.address('server.request.method'),
      this.#words.pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']),
    )
    this.#sendTarget(sink, shape === 'search' ? 4 : this.#words.below(4))
    this.#sendHeaders(sink.address('server.request.headers.no_cookies'), shape)
    this.#sendCookies(sink.address('server.request.cookies'))
    text(sink.address('http.client_ip'), this.#words.address())
    if (shape === 'document' || shape === 'report') this.#sendDocument(sink.address('server.request.body'), shape)
    if (shape === 'form') this.#sendForm(sink)
  }

  #sendTarget(sink: AddressSink, pairs: number): void {
    const path = this.#words.path()
    const query = Array.from({ length: pairs }, () => [this.#words.identifier(), this.#words.value()] as const)
    const encoded = new URLSearchParams(query.map((pair) => [...pair])).toString()
    text(sink.address('server.request.uri.raw'), pairs === 0 ? path : `${path}?${encoded}`)
    const parameters = sink.address('server.request.path_params')
    parameters.openList()
    for (const segment of path.split('/')) text(parameters, segment)
    parameters.closeList()
    sendPairs(sink.address('server.request.query'), query)
  }

  #sendHeaders(visitor: ValueVisitor, shape: string): void {
    const words = this.#words
    const headers: [string, string][] = [['user-agent', words.agent()]]
    headers.push([
      'host',
      `${words.pick(['www', 'api', 'shop'])}.${words.word().toLowerCase()}.${words.pick(['com', 'net', 'org'])}`,
    ])
    const isShort = shape === 'health'
    for (const [name, values] of headerValues) if (words.once(isShort ? 8 : 2)) headers.push([name, words.pick(values)])
    if (!isShort) this.#addVariedHeaders(headers, shape)
    sendPairs(visitor, headers)
  }

  #addVariedHeaders(headers: [string, string][], shape: string): void {
    const words = this.#words
    headers.push(['referer', words.url()])
    headers.push(['x-forwarded-for', `${words.address()}, 10.0.${words.number(2)}.${words.number(2)}`])
    headers.push(['x-request-id', words.once(2) ? words.uuid() : words.hex(32)])
    headers.push(['content-length', words.number(5)])
    headers.push(['sec-ch-ua', `"Not;A=Brand";v="${words.number(2)}", "Chromium";v="${words.number(3)}"`])
    headers.push([`x-${words.identifier()}`, words.value()])
    if (words.once(3)) headers.push(['if-none-match', `W/"${words.hex(12)}"`])
    if (words.once(3)) headers.push(['traceparent', `00-${words.hex(32)}-${words.hex(16)}-01`])
    if (shape === 'tokens')
      headers.push(['authorization', `${words.pick(['Bearer', 'Basic', 'token'])} ${words.token(120)}`])
    if (words.once(6)) headers.push(['content-disposition', `attachment; filename="${words.identifier()}.pdf"`])
  }

  #sendCookies(visitor: ValueVisitor): void {
    const count = this.#words.below(5)
    sendPairs(
      visitor,
      Array.from({ length: count }, () => [this.#words.identifier(), this.#words.token(20)] as const),
    )
  }

  #sendForm(sink: AddressSink): void {
    const words = this.#words
    sendPairs(
      sink.address('server.request.body'),
      Array.from({ length: 6 }, () => [words.identifier(), words.value()] as const),
    )
    const files = sink.address('server.request.body.filenames')
    files.openList()
    text(files, `${words.identifier()}${words.number(3)}.${words.pick(['jpg', 'png', 'pdf', 'docx', 'csv', 'mp4'])}`)
    files.closeList()
  }

  /** A JSON document of maps, lists and scalars; reports have many rows. */
  #sendDocument(visitor: ValueVisitor, shape: string): void {
    visitor.openMap('plain')
    for (let field = 0; field < 5; field++) {
      key(visitor, this.#words.identifier())
      if (field === 2) visitor.number(this.#words.below(1000))
      else text(visitor, this.#words.value())
    }
    key(visitor, 'items')
    visitor.openList()
    for (let row = shape === 'report' ? 8 : 2; row > 0; row--) this.#sendRow(visitor)
    visitor.closeList()
    visitor.closeMap()
  }

  #sendRow(visitor: ValueVisitor): void {
    visitor.openMap('plain')
    for (let field = 0; field < 4; field++) {
      key(visitor, this.#words.identifier())
      text(visitor, this.#words.value())
    }
    key(visitor, 'isActive')
    visitor.boolean(true)
    visitor.closeMap()
  }
}

function sendPairs(visitor: ValueVisitor, pairs: readonly (readonly [string, string])[]): void {
  visitor.openMap('multi')
  for (const [name, value] of pairs) {
    key(visitor, name)
    text(visitor, value)
  }
  visitor.closeMap()
}

function key(visitor: ValueVisitor, name: string): void {
  const bytes = Buffer.from(name)
  visitor.key(bytes, 0, bytes.length)
}

function text(visitor: ValueVisitor, value: string): void {
  const bytes = Buffer.from(value)
  visitor.string(bytes, 0, bytes.length)
}
