// The host a client asked for: Envoy adds `-shadow` to the host of copies, before the port, and that suffix comes off again.
// Stage: [decode], and the event builder. (Envoy: `disable_shadow_host_suffix_append` keeps it from being added.)
import type { RecordReader } from '../batch/record-reader.js'
import type { ShadowSuffix } from '../options/serve-options.js'
import { equalsIgnoreCase, skipBlanks, trimBlanksEnd } from './ascii.js'
import { TargetSplit } from './target.js'
import { byteAt } from './utf8.js'

/** The host as the rules see it, and as it was sent; both empty when there was none. */
export interface RequestHost {
  readonly host: string
  readonly hostRaw: string
}

const shadowSuffix = '-shadow'
const colon = 0x3a

/** @returns whether the suffix is to be removed from this request's host. */
export function hasShadowSuffix(record: RecordReader, mode: ShadowSuffix): boolean {
  if (mode !== 'auto') return mode === 'always'
  for (let index = 0; index < record.headerCount; index++) {
    if (equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), 'x-envoy-internal')) return true
  }
  return false
}

/** End of the host's name, where its port (with the colon) begins; `end` when there is no port. */
export function portStart(bytes: Uint8Array, start: number, end: number): number {
  for (let index = end - 1; index >= start; index--) {
    const byte = byteAt(bytes, index)
    if (byte === colon) return index
    if (byte < 0x30 || byte > 0x39) return end
  }
  return end
}

/** End of the host's name without the suffix; equal to `nameEnd` when it has none. */
export function shadowStart(bytes: Uint8Array, start: number, nameEnd: number): number {
  const suffixStart = nameEnd - shadowSuffix.length
  if (suffixStart <= start || !equalsIgnoreCase(bytes, suffixStart, nameEnd, shadowSuffix)) return nameEnd
  return suffixStart
}

/** The host of a request for its event: the first Host line, else the authority of an absolute-form target. */
export function requestHost(record: RecordReader, mode: ShadowSuffix): RequestHost {
  const { bytes } = record
  const index = findHost(record)
  let start = 0
  let end = 0
  if (index >= 0) {
    start = skipBlanks(bytes, record.valueStart(index), record.valueEnd(index))
    end = trimBlanksEnd(bytes, start, record.valueEnd(index))
  } else {
    const target = new TargetSplit()
    target.split(bytes, record.targetStart, record.targetEnd)
    start = target.authorityStart
    end = target.authorityEnd
  }
  const hostRaw = bytes.toString('utf8', start, end)
  if (!hasShadowSuffix(record, mode)) return { host: hostRaw, hostRaw }
  const nameEnd = portStart(bytes, start, end)
  const name = bytes.toString('utf8', start, shadowStart(bytes, start, nameEnd))
  return { host: name + bytes.toString('utf8', nameEnd, end), hostRaw }
}

function findHost(record: RecordReader): number {
  for (let index = 0; index < record.headerCount; index++) {
    if (equalsIgnoreCase(record.bytes, record.nameStart(index), record.nameEnd(index), 'host')) return index
  }
  return -1
}
