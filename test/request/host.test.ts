import t from 'tap'
import { makeRecord } from '#src/batch/make-record.js'
import { requestHost } from '#src/request/host.js'

const envoy = [['X-Envoy-Internal', 'true']] as const

t.test('gives the host with and without the suffix of copies', async (t) => {
  const record = makeRecord({ headers: [['Host', ' app.example-shadow:8443 '], ...envoy] })
  t.strictSame(requestHost(record, 'auto'), { host: 'app.example:8443', hostRaw: 'app.example-shadow:8443' })
  t.strictSame(requestHost(record, 'never'), { host: 'app.example-shadow:8443', hostRaw: 'app.example-shadow:8443' })
})

t.test('the mode decides without the header', async (t) => {
  const record = makeRecord({ headers: [['Host', 'app-shadow']] })
  t.equal(requestHost(record, 'auto').host, 'app-shadow')
  t.equal(requestHost(record, 'always').host, 'app')
})

t.test('takes the authority of the target, or nothing', async (t) => {
  t.equal(requestHost(makeRecord({ target: 'https://x-shadow:1?a', headers: envoy }), 'auto').host, 'x:1')
  t.strictSame(requestHost(makeRecord({}), 'auto'), { host: '', hostRaw: '' })
})
