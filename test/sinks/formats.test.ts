import { readFileSync } from 'node:fs'
import t from 'tap'
import { recordOf } from '#src/json-shape.js'
import { formatBlock, formatEvent } from '#src/sinks/formats/event-format.js'
import { severityOf, severityOfRule } from '#src/sinks/severity.js'
import { eventFormats } from '#src/sinks/sink-spec.js'
import { goldenUrl, renderGolden } from './golden-files.js'
import { bareEvent, fullEvent, linesOfEvents, plainEvent, sampleEvents } from './support/sample-events.js'

for (const format of eventFormats) {
  t.test(`${format}: events are written as in the golden file`, async (t) => {
    t.equal(renderGolden(format), readFileSync(goldenUrl(format), 'utf8'))
  })
}

t.test('each event is one line in every format, whatever it holds', async (t) => {
  for (const format of eventFormats) {
    const { lines, eventCount } = formatBlock(linesOfEvents(sampleEvents), format)
    t.equal(eventCount, sampleEvents.length)
    t.equal(Buffer.from(lines).toString().split('\n').length, sampleEvents.length + 1, format)
  }
})

t.test('a line that is no event is passed on as it is', async (t) => {
  const block = { lines: Buffer.from('{"number":1}\nnot json\n'), eventCount: 2 }
  for (const format of eventFormats) t.strictSame(Buffer.from(formatBlock(block, format).lines), block.lines)
})

/** A reader of CEF: the header at unescaped pipes, the extension at names before an unescaped `=`. */
function readCef(line: string): { header: readonly string[]; fields: ReadonlyMap<string, string> } {
  const parts = line.match(/(?:[^|\\]|\\.)*(?:\||$)/gs) ?? []
  const header = parts.slice(0, 7).map((part) => part.replace(/\|$/, '').replace(/\\(.)/g, '$1'))
  const extension = line.slice(parts.slice(0, 7).join('').length)
  const fields = new Map<string, string>()
  for (const [, name = '', value = ''] of extension.matchAll(/(\w+)=((?:[^=\\]|\\.)*?)(?=\s\w+=|$)/gs)) {
    fields.set(
      name,
      value.replace(/\\(.)/gs, (_all, sign: string) => (sign === 'n' ? '\n' : sign === 'r' ? '\r' : sign)),
    )
  }
  return { header, fields }
}

t.test('CEF can be read back: nothing that a sender wrote adds a field or a line', async (t) => {
  const { header, fields } = readCef(formatEvent(fullEvent, 'cef') ?? '')
  t.strictSame(header, [
    'CEF:0',
    'mirrorwaf',
    'mirrorwaf',
    '1.18.0',
    'sqli|1',
    'SQL injection | "quoted" \\ back',
    '10',
  ])
  t.equal(fields.get('msg'), "a=b\r\n' or 1=1 \\")
  t.equal(fields.get('request'), '/login?next=%2Fa%7Cb&id=7')
  t.equal(fields.get('c6a2'), '2001:db8::7')
  t.equal(fields.get('cs1'), 'sqli|1,crs-933-130')
  t.notOk(fields.has('src'))
})

t.test('CEF holds no control character that a sender wrote', async (t) => {
  const path = '/\u001b[2J\u0085\u2028\u202ex'
  const line = formatEvent({ ...plainEvent, request: { ...plainEvent.request, path, query: '' } }, 'cef') ?? ''
  t.notMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  t.equal(readCef(line).fields.get('request'), String.raw`/\x1b[2J\x85\u{2028}\u{202e}x`)
})

t.test('OCSF has what its class requires', async (t) => {
  for (const event of sampleEvents) {
    const finding = recordOf(JSON.parse(formatEvent(event, 'ocsf') ?? ''))
    for (const name of ['activity_id', 'category_uid', 'class_uid', 'severity_id', 'time', 'type_uid']) {
      t.ok(Number.isInteger(finding[name]), name)
    }
    t.equal(finding['type_uid'], 200_401)
    t.type(recordOf(finding['metadata'])['version'], 'string')
    t.type(recordOf(finding['finding_info'])['uid'], 'string')
  }
})

t.test('ECS names its release and keeps to field sets in lower case', async (t) => {
  const alert = recordOf(JSON.parse(formatEvent(bareEvent, 'ecs') ?? ''))
  t.equal(recordOf(alert['ecs'])['version'], '8.17.0')
  t.notOk('trace' in alert, 'what is not known is left out')
  t.strictSame(
    Object.keys(alert).filter((name) => !/^@?[a-z_]+$/.test(name)),
    [],
  )
})

t.test('severity comes from type and confidence, a tag of the rule wins, the worst rule counts', async (t) => {
  const of = (type: string, confidence?: string): string =>
    severityOfRule(confidence === undefined ? { type } : { type, confidence })
  t.strictSame([of('sql_injection', '1'), of('sql_injection')], ['critical', 'high'])
  t.strictSame([of('xss', '1'), of('xss', '0')], ['high', 'medium'])
  t.strictSame([of('security_scanner', '1'), of('security_scanner', '0')], ['low', 'info'])
  t.equal(severityOfRule({ type: 'xss', severity: 'LOW' }), 'low')
  t.equal(severityOfRule({ type: 'xss', severity: 'odd' }), 'medium')
  t.equal(severityOf(fullEvent), 'critical')
  t.equal(severityOf({ ...plainEvent, matches: [] }), 'info')
})
