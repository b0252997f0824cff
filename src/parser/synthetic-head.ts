// Brings llhttp to the body of a request whose head it refused, so that one reader frames all bodies.
import { execute, loadInput, type ParserState } from './llhttp.js'
import type { Staging } from './staging.js'
import type { Framing } from './tolerant-head.js'

/**
 * Puts llhttp where it would be after the head that it refused: in a body of this framing.
 * @param state - just reset.
 */
export function feedSyntheticHead(state: ParserState, framing: Framing, staging: Staging): void {
  const framingHeader =
    framing.kind === 'length' ? `Content-Length: ${framing.lengthBytes}` : 'Transfer-Encoding: chunked'
  const head = Buffer.from(`POST / HTTP/1.1\r\n${framingHeader}\r\n\r\n`, 'latin1')
  const ignored = staging.takeAssembly()
  loadInput(head)
  ignored.beginChunk(head, 0)
  execute(state, ignored, 0, head.length)
  staging.giveAssembly(ignored)
}
