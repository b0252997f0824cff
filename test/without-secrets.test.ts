import t from 'tap'
import { parseSinkSpec } from '#src/sinks/parse-sink-spec.js'
import { targetOptions, withoutSecrets } from '#src/without-secrets.js'

t.test('user, password and query of a URL are left out wherever it stands', async (t) => {
  const cases = [
    ['http://user:pass@agent:8126', 'http://<Redacted>@agent:8126'],
    ['http://user:p@ss/wo?rd@agent:8126/x', 'http://<Redacted>@agent:8126/x'],
    ['datadog:http://u:p@h/?format=x', 'datadog:http://<Redacted>@h/?format=x'],
    ['http:https://h/p?token=abc?format=ecs&rate=1/s', 'http:https://h/p?token=<Redacted>?format=ecs&rate=1/s'],
    ['http:https://h/p?token=abc&b=c', 'http:https://h/p?token=<Redacted>&b=<Redacted>'],
    ['http:https://h/p?abc?', 'http:https://h/p?<Redacted>?'],
    ['http:https://h/p?format=abc&token=d', 'http:https://h/p?format=<Redacted>&token=<Redacted>'],
    ['envoy=http://h:9901/stats?k=s#cluster', 'envoy=http://h:9901/stats?k=<Redacted>#cluster'],
  ] as const
  for (const [text, shown] of cases) t.equal(withoutSecrets(text), shown)
})

t.test('what holds no secret stays as it is', async (t) => {
  const texts = [
    'file:/var/log/what?.json?format=ecs',
    'kafka:a:9092+b:9092/t?sasl=plain&user=u&password-file=/run/pw',
    'syslog:tls://h:6514?ca=/etc/ca.pem&format=cef',
    'http:https://h/p?header-file=/run/h&timeout=5s',
    'unix:///run/apm.socket',
    '10.0.0.0/8',
  ]
  for (const text of texts) t.equal(withoutSecrets(text), text)
})

t.test('the options that are shown are those that targets take', async (t) => {
  const taken = new Set<string>()
  for (const target of ['http://h/', 'otlp:http://h', 'syslog:h:1', 'kafka:h:1/t', 'file:/x', 'stdout', 'datadog']) {
    const text = target.startsWith('http') ? `http:${target}` : target
    try {
      parseSinkSpec(`${text}?nothing=1`)
    } catch (thrown) {
      const [, names = ''] = /options: ([a-z, -]+)\./.exec(String(thrown)) ?? []
      for (const name of names.split(', ')) taken.add(name)
    }
  }
  t.strictSame([...taken].sort(), [...targetOptions].sort())
})
