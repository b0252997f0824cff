// The bounds of every bounded option: the last accepted and the first rejected text, by its flag.
import t from 'tap'
import { rowsOf } from '#src/options/option-spec.js'
import { serveTable } from '#src/options/serve-table.js'

type Bound = readonly [accepted: string, rejected: string]
/** Lower bound, then upper bound. `none` where the other kinds' tests pin what is accepted. */
const bounds: Readonly<Record<string, readonly [Bound, Bound] | 'none'>> = {
  listen: 'none',
  admin: 'none',
  hijack: 'none',
  backlog: [
    ['1', '0'],
    ['65535', '65536'],
  ],
  'socket-mode': [
    ['0', '-1'],
    ['0777', '1000'],
  ],
  'tls-cert': 'none',
  'tls-key': 'none',
  'tls-client-ca': 'none',
  peers: 'none',
  'head-limit': [
    ['1KiB', '1023'],
    ['1MiB', '1048577'],
  ],
  'header-limit': [
    ['1', '0'],
    ['4096', '4097'],
  ],
  'target-limit': [
    ['256', '255'],
    ['1MiB', '1048577'],
  ],
  'trailer-limit': [
    ['0', '-1'],
    ['1MiB', '1048577'],
  ],
  'body-inspect-limit': [
    ['0', '-1'],
    ['256MiB', '268435457'],
  ],
  'body-limit': [
    ['0', '-1'],
    ['1024GiB', '1025GiB'],
  ],
  'connection-limit': [
    ['0', '-1'],
    ['1000000', '1000001'],
  ],
  'in-flight-limit': [
    ['1MiB', '1048575'],
    ['64GiB', '68719476737'],
  ],
  'queue-limit': [
    ['1MiB', '1048575'],
    ['64GiB', '68719476737'],
  ],
  'head-timeout': [
    ['10ms', '9ms'],
    ['24h', '24h1ms'],
  ],
  'body-timeout': [
    ['10ms', '9ms'],
    ['24h', '24h1ms'],
  ],
  'idle-timeout': [
    ['10ms', '9ms'],
    ['24h', '24h1ms'],
  ],
  'connection-max-age': [
    ['10ms', '9ms'],
    ['168h', '168h1ms'],
  ],
  store: 'none',
  'store-limit': [
    ['16MiB', '16777215'],
    ['1024GiB', '1025GiB'],
  ],
  'store-age': [
    ['1h', '59m59s999ms'],
    ['9600h', '9600h1ms'],
  ],
  ui: 'none',
  'ui-hosts': 'none',
  'ui-token-file': 'none',
  'shadow-suffix': 'none',
  'trusted-proxies': 'none',
  'trusted-hops': [
    ['0', '-1'],
    ['64', '65'],
  ],
  'client-ip-header': 'none',
  rules: 'none',
  'min-rules': [
    ['0', '-1'],
    ['100000', '100001'],
  ],
  'rules-watch': 'none',
  'waf-timeout': [
    ['1', '0'],
    ['10s', '10000001'],
  ],
  'obfuscation-key-regex': 'none',
  'obfuscation-value-regex': 'none',
  'redact-json-paths': 'none',
  prefilter: 'none',
  'verify-ratio': [
    ['0', '-1'],
    ['1', '1.01'],
  ],
  'verify-action': 'none',
  inspection: 'none',
  processes: [
    ['1', '0'],
    ['64', '65'],
  ],
  workers: [
    ['1', '0'],
    ['64', '65'],
  ],
  'worker-heap': [
    ['32', '31'],
    ['16384', '16385'],
  ],
  'batch-limit': [
    ['4KiB', '4095'],
    ['16MiB', '16777217'],
  ],
  'batch-count': [
    ['1', '0'],
    ['4096', '4097'],
  ],
  'batch-age': [
    ['0', '-1'],
    ['1s', '1001ms'],
  ],
  'batch-deadline': [
    ['10ms', '9ms'],
    ['1h', '1h1ms'],
  ],
  events: 'none',
  'coverage-source': 'none',
  'coverage-interval': [
    ['100ms', '99ms'],
    ['1h', '3600001ms'],
  ],
  'sink-queue-limit': [
    ['128KiB', '131071'],
    ['1GiB', '1073741825'],
  ],
  service: 'none',
  env: 'none',
  'version-tag': 'none',
  'log-level': 'none',
  'datadog-agent-url': 'none',
  'datadog-agent-host': 'none',
  'datadog-agent-port': [
    ['1', '0'],
    ['65535', '65536'],
  ],
  'datadog-tags': 'none',
  'datadog-event-limit': [
    ['1', '0'],
    ['1000000', '1000001'],
  ],
  'apm-tracing': 'none',
  'trace-limit': [
    ['0', '-1'],
    ['1000000', '1000001'],
  ],
  'api-security': 'none',
  'api-security-period': [
    ['0', '-1'],
    ['86400', '86401'],
  ],
  'drain-delay': [
    ['0', '-1'],
    ['1h', '1h1ms'],
  ],
  'drain-timeout': [
    ['0', '-1'],
    ['1h', '1h1ms'],
  ],
}

const rows = rowsOf(serveTable).filter(({ flag }) => flag !== undefined)

t.test('every option has its bounds stated here', async (t) => {
  t.strictSame(Object.keys(bounds).sort(), rows.map(({ flag }) => flag).sort())
})

for (const { flag = '', kind } of rows) {
  const stated = bounds[flag]
  if (stated === undefined || stated === 'none') continue
  t.test(`--${flag} accepts its bounds and nothing beyond`, async (t) => {
    for (const [accepted, rejected] of stated) {
      t.equal(kind.read([accepted]).isAccepted, true, `${accepted} is accepted`)
      t.equal(kind.read([rejected]).isAccepted, false, `${rejected} is rejected`)
    }
  })
}

t.test('--connection-max-age takes 0 as well: never', async (t) => {
  t.equal(serveTable.connectionMaxAgeMs.kind.read(['0']).isAccepted, true)
})

t.test('every default is a value that its option accepts, and is read back from its text', async (t) => {
  for (const row of rows) {
    const value = row.default()
    t.strictSame(row.kind.check(value), value, row.flag ?? '')
    const reading = row.kind.read(row.kind.show(value))
    t.strictSame(reading, { isAccepted: true, value }, row.flag ?? '')
  }
})
