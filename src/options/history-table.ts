// The rows of the option table that concern the store of events and the live page.
import { addressOrOff } from './kinds/address.js'
import { duration } from './kinds/duration.js'
import { list, single } from './kinds/option-kind.js'
import { hostName, optionalFilePath } from './kinds/scalars.js'
import { size } from './kinds/size.js'
import { row } from './option-row.js'
import type { OptionTable } from './option-spec.js'
import type { ServeOptions } from './serve-options.js'

/** Fields of `ServeOptions` that this table has. */
type HistoryFields = 'store' | 'storeLimitBytes' | 'storeAgeMs' | 'ui' | 'uiHosts' | 'uiTokenFile'

const mib = 1024 ** 2
const gib = 1024 ** 3
const hourMs = 3_600_000

/** Part of `serveTable`. */
export const historyRows: OptionTable<Pick<ServeOptions, HistoryFields>> = {
  store: {
    ...row('store', 'History and page', single(optionalFilePath)),
    default: () => '',
    defaultText: 'in memory, when there is a page',
    doc: 'Database file in which events are kept for the page; of this process alone.',
  },
  storeLimitBytes: {
    ...row('store-limit', 'History and page', single(size({ minBytes: 16 * mib, maxBytes: 1024 * gib }))),
    default: () => gib,
    doc: 'Size of the store; the oldest events give way. In memory at most 64 MiB of it.',
  },
  storeAgeMs: {
    ...row('store-age', 'History and page', single(duration({ unit: 'ms', min: hourMs, max: 9600 * hourMs }))),
    default: () => 168 * hourMs,
    doc: 'How long events and counts are kept.',
  },
  ui: {
    ...row('ui', 'History and page', single(addressOrOff)),
    default: () => 'off',
    doc: 'Where the live page is served, e.g. 127.0.0.1:8082. It shows payloads: other than on loopback it needs ui-token-file.',
  },
  uiHosts: {
    ...row('ui-hosts', 'History and page', list(hostName, { splitsFlags: true, minItems: 0 })),
    default: () => [],
    defaultText: 'none',
    doc: 'Names under which browsers may ask for the page, beside IP addresses and localhost.',
  },
  uiTokenFile: {
    ...row('ui-token-file', 'History and page', single(optionalFilePath)),
    default: () => '',
    doc: 'File with a token of 16 characters or more that opens the page.',
  },
}
