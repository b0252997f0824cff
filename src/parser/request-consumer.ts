// What a request reader hands its results to: a connection, a scan, a test.
import type { ParseError } from '../batch/record-layout.js'
import type { RecordFacts } from '../batch/record-writer.js'
import type { Slab } from '../batch/slab.js'
import type { RequestAssembly } from './request-assembly.js'

/** Where complete requests go. Everything passed is borrowed until the call returns. */
export interface RequestConsumer {
  /** A request that came whole in `chunk`. */
  onWholeRequest(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): void
  /** A request that came in pieces; the consumer owns `slab` from now on. */
  onStagedRequest(assembly: RequestAssembly, facts: RecordFacts, slab: Slab): void
  /** A request whose bytes were dropped because of the in-flight limit. */
  onShedRequest(assembly: RequestAssembly): void
  /** Bytes without a request line. */
  onUnparsable(error: ParseError): void
  /** A client waits for `100 Continue` before it sends the body. */
  onContinueExpected(): void
}
