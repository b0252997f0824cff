// A visitor that notes every call, for tests that look at the walk itself.
import type { MapKind, ValueVisitor } from '#src/request/value-visitor.js'

export interface Collected {
  readonly strings: string[]
  readonly keys: string[]
  /** One character per container call: `{`, `}`, `[`, `]`. */
  shape: string
}

/** @param doneAfter - strings after which the visitor wants no more. */
export function createCollector(doneAfter: number = Number.POSITIVE_INFINITY): ValueVisitor & Collected {
  const strings: string[] = []
  const keys: string[] = []
  return {
    strings,
    keys,
    shape: '',
    get isDone() {
      return strings.length >= doneAfter
    },
    openMap(_kind: MapKind) {
      this.shape += '{'
    },
    closeMap() {
      this.shape += '}'
    },
    openList() {
      this.shape += '['
    },
    closeList() {
      this.shape += ']'
    },
    key(bytes, start, end) {
      keys.push(readStrict(bytes, start, end))
    },
    string(bytes, start, end) {
      strings.push(readStrict(bytes, start, end))
    },
    number() {},
    boolean() {},
    nil() {},
  }
}

/** Throws on bytes that are not UTF-8 and on what the engine would cut: visitors are promised neither. */
function readStrict(bytes: Uint8Array, start: number, end: number): string {
  if (end < start) throw new Error(`range ${start}..${end}`)
  if (end - start > 4096) throw new Error(`${end - start} bytes in one text`)
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes.subarray(start, end)))
}
