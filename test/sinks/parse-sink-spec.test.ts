import t from 'tap'
import { parseSinkSpec } from '#src/sinks/parse-sink-spec.js'

const noTls = { ca: '', cert: '', certKey: '' }

function reasonOf(text: string): string {
  try {
    parseSinkSpec(text)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'MWAF_SINK_SPEC') return thrown.message
    throw thrown
  }
  return 'accepted'
}

t.test('each kind of destination is read', async (t) => {
  t.strictSame(parseSinkSpec('none'), { kind: 'none' })
  t.strictSame(parseSinkSpec('stdout'), { kind: 'stdout' })
  t.strictSame(parseSinkSpec('stdout?format=cef'), { kind: 'stdout', format: 'cef' })
  t.strictSame(parseSinkSpec('file:/var/log/a b:c'), { kind: 'file', path: '/var/log/a b:c' })
  t.strictSame(parseSinkSpec('http:https://in.example/x?format=ecs&key-file=/k&gzip=on&timeout=2s'), {
    kind: 'http',
    url: 'https://in.example/x',
    format: 'ecs',
    keyFile: '/k',
    headerFile: '',
    tls: noTls,
    isGzip: true,
    timeoutMs: 2000,
  })
  t.strictSame(parseSinkSpec('syslog:tls://[::1]:6514?ca=/ca.pem&facility=4'), {
    kind: 'syslog',
    host: '::1',
    port: 6514,
    isTls: true,
    format: 'native',
    tls: { ...noTls, ca: '/ca.pem' },
    facility: 4,
    timeoutMs: 10_000,
  })
  t.strictSame(parseSinkSpec('kafka:a:9092+b:9093/waf.events?key=route&sasl=plain&user=u&password-file=/p'), {
    kind: 'kafka',
    brokers: ['a:9092', 'b:9093'],
    topic: 'waf.events',
    key: 'route',
    format: 'native',
    isGzip: false,
    isTls: false,
    tls: noTls,
    sasl: { mechanism: 'plain', user: 'u', passwordFile: '/p' },
    timeoutMs: 10_000,
  })
  t.strictSame(parseSinkSpec('otlp:http://c:4318/?metrics=off'), {
    kind: 'otlp',
    url: 'http://c:4318',
    headerFile: '',
    tls: noTls,
    isGzip: true,
    timeoutMs: 10_000,
    metricsPeriodMs: 0,
  })
})

t.test('a URL may stand alone, and options begin after the last question mark', async (t) => {
  t.match(parseSinkSpec('http://h/in'), { kind: 'http', url: 'http://h/in' })
  t.match(parseSinkSpec('https://h/in?format=cef'), { kind: 'http', url: 'https://h/in', format: 'cef' })
  t.match(parseSinkSpec('http:https://h/in?a=b?format=cef'), { url: 'https://h/in?a=b', format: 'cef' })
  t.match(parseSinkSpec('http:https://h/in?a=b?'), { url: 'https://h/in?a=b' })
  t.match(parseSinkSpec('file:/var/log/what?.json?'), { path: '/var/log/what?.json' })
  t.match(parseSinkSpec('https://h/?key-file=/a%26b+c'), { keyFile: '/a&b+c' })
})

t.test('filter and rate are the same for all kinds', async (t) => {
  t.strictSame(parseSinkSpec('file:x?severity=high&types=xss,lfi+rfi&sample=0.25&rate=10/m'), {
    kind: 'file',
    path: 'x',
    delivery: {
      minSeverity: 'high',
      types: ['xss', 'lfi', 'rfi'],
      sampleRatio: 0.25,
      rate: { eventCount: 10, periodMs: 60_000 },
    },
  })
  t.notOk('delivery' in parseSinkSpec('stdout?severity=info&sample=1'), 'what filters nothing is no filter')
})

t.test('what is wrong is said with what was probably meant', async (t) => {
  const wrong: readonly (readonly [text: string, reason: RegExp])[] = [
    ['', /there is no kind ""/],
    ['STDOUT', /no kind "STDOUT".*accepted: stdout, file:PATH/],
    ['kafak:a:1/t', /did you mean kafka\?/],
    ['stdout ', /did you mean stdout\?/],
    ['file:', /the path is missing/],
    ['file', /the path is missing/],
    ['file:a\0b', /NUL byte/],
    ['none?format=ecs', /no option format .*options: none/],
    ['stdout:x', /stdout takes no target/],
    ['file:x?formt=ecs', /no option formt \(did you mean format\?\)/],
    ['file:x?format=ecss', /format=ecss \(did you mean ecs\?\) is not one of native, ecs, ocsf, cef/],
    ['file:x?format', /format has no value/],
    ['file:x?format=ecs&format=cef', /format is given twice/],
    ['file:x?format=%zz', /wrong percent escape/],
    ['file:x?severity=hihg', /did you mean high\?/],
    ['file:x?types=', /types is not a list/],
    ['file:x?sample=0', /sample=0 is not above 0/],
    ['file:x?sample=1.1', /sample=1.1 is not above 0 and up to 1/],
    ['file:x?rate=10', /rate=10 is not like/],
    ['file:x?rate=0/s', /rate=0\/s is not like/],
    ['file:x?rate=1000001/s', /rate=1000001\/s is not like/],
    ['file:x?key-file=/k', /no option key-file/],
    ['http:ftp://h/', /not an http:\/\/ or https:\/\/ URL/],
    ['http:https://h/in?a=b', /no option a .*A target that holds a \? ends with another/],
    ['https://h/?timeout=301s', /timeout=301s/],
    ['https://h/?cert=/c', /cert and cert-key go together/],
    ['syslog:h', /not HOST:PORT/],
    ['syslog:h:0', /not HOST:PORT/],
    ['syslog:h:65536', /not HOST:PORT/],
    ['syslog:h:1?facility=24', /facility=24/],
    ['kafka:h:9092', /not HOST:PORT\[,HOST:PORT\]\/TOPIC/],
    ['kafka:h:9092/a b', /the topic is not/],
    ['kafka:h:9092/t?user=u', /need sasl=plain/],
    ['kafka:h:9092/t?sasl=plain', /needs user=NAME and password-file=FILE/],
    ['otlp:http://h/?format=ecs', /no option format/],
  ]
  for (const [text, reason] of wrong) t.match(reasonOf(text), reason, text)
})

t.test('the largest rate and time are taken', async (t) => {
  t.match(parseSinkSpec('stdout?rate=1000000/s'), { delivery: { rate: { eventCount: 1_000_000 } } })
  t.match(parseSinkSpec('https://h/?timeout=300s'), { timeoutMs: 300_000 })
  t.match(parseSinkSpec('syslog:h:65535?facility=23'), { port: 65_535, facility: 23 })
})

t.test('credentials in a URL are refused and not repeated', async (t) => {
  for (const text of ['http:https://me:hunter2@h/', 'https://hunter2@h/in', 'otlp:http://a:hunter2@h']) {
    const message = reasonOf(text)
    t.match(message, /user name or password; put an Authorization line into header-file/)
    t.notMatch(message, /hunter2/)
  }
})

t.test('a Datadog agent is named by the options, a URL or a socket', async (t) => {
  t.strictSame(parseSinkSpec('datadog'), { kind: 'datadog', url: '' })
  t.strictSame(parseSinkSpec('datadog:http://agent:8126'), { kind: 'datadog', url: 'http://agent:8126/' })
  t.strictSame(parseSinkSpec('datadog:unix:///run/apm.sock'), { kind: 'datadog', url: 'unix:///run/apm.sock' })
  t.match(parseSinkSpec('datadog?rate=5/s'), { kind: 'datadog', delivery: { rate: { eventCount: 5, periodMs: 1000 } } })
  t.match(reasonOf('datadog:agent:8126'), /not an http/)
  t.match(reasonOf('datadog:http://me:hunter2@agent'), /user name/)
  t.notMatch(reasonOf('datadog:http://me:hunter2@agent'), /hunter2/)
})
