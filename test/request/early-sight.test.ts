// A long body must be seen from its beginning on: an attack at the start of megabytes is sent before the budget ends, and no
// decoder goes on for long after it has ended.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { makeRecord } from '#src/batch/make-record.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { RequestWalker } from '#src/request/request-walker.js'
import type { AddressSink } from '#src/request/value-visitor.js'
import { prepareWalkSettings } from '#src/request/walk-settings.js'
import { createCollector } from './support/collector.js'
import { testOptions } from './support/walk.js'

const mark = ' here-is-the-mark '
const words = 'some words to fill a long body '.repeat(100_000)
const multipartHead = '--b\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n'

const bodies: Record<string, [type: string, body: string | Uint8Array]> = {
  'a JSON string': ['application/json', `["${mark}${words}"]`],
  'an escaped JSON string': ['application/json', `["\\u0041${mark}${words}"]`],
  'a JSON string with escapes far inside': ['application/json', `["${mark}${words}\\u0041"]`],
  'a JSON string that does not end': ['application/json', `["${mark}${words}`],
  'many JSON values': ['application/json', `["${mark}",${'1,'.repeat(1_000_000)}1]`],
  'text after a JSON fault': ['application/json', `{a${mark}${words}`],
  'a form value': ['application/x-www-form-urlencoded', `a=${mark}${words}`],
  'an escaped form value': ['application/x-www-form-urlencoded', `a=%41${mark}${words}%`],
  'a form without a name': ['application/x-www-form-urlencoded', `${words.slice(0, 50_000)}=${mark}${words}`],
  'a form value with semicolons': ['application/x-www-form-urlencoded', `a=${mark}${';'.repeat(1_000_000)}`],
  'a multipart file': ['multipart/form-data; boundary=b', `${multipartHead}${mark}${words}\r\n--b--`],
  'a multipart part without headers': ['multipart/form-data; boundary=b', `--b\r\n${mark}${words}`],
  'XML text': ['text/xml', `<a>${mark}${words}</a>`],
  'XML text that does not end': ['text/xml', `<a>${mark}${words}`],
  'an XML attribute': ['text/xml', `<a b="${mark}${words}"/>`],
  CDATA: ['text/xml', `<a><![CDATA[${mark}${words}]]></a>`],
  'an XML comment': ['text/xml', `<!--${mark}${words}-->`],
  'a DOCTYPE': ['text/xml', `<!DOCTYPE ${mark}${words}>`],
  'plain text': ['text/plain', `${mark}${words}`],
  'text that is not UTF-8': ['text/plain', Buffer.from(`${mark}${words}`.replaceAll('i', '\xe9'), 'latin1')],
  'UTF-16': ['text/plain', Buffer.from(`\ufeff${mark}${words}`, 'utf16le')],
  'a long run in binary content': ['a/b', Buffer.concat([Buffer.alloc(600), Buffer.from(`${mark}${words}`)])],
}

/** Ticks with every look at it, so that a budget of n is n looks, whatever the machine does. */
function walkWithLooks(looks: number, type: string, body: string | Uint8Array, encoding = '') {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  const strings: string[] = []
  const sink: AddressSink = {
    address() {
      const collector = createCollector()
      return Object.assign(collector, {
        string: (bytes: Uint8Array, start: number, end: number) => strings.push(text(bytes, start, end)),
      })
    },
  }
  budget.start(looks)
  const record = makeRecord({
    headers: [
      ['content-type', type],
      ['content-encoding', encoding],
    ],
    body,
  })
  const report = new RequestWalker(prepareWalkSettings(testOptions), budget).walkBody(record, sink)
  return { strings, report, looksTaken: nowMs }
}

for (const [name, [type, body]] of Object.entries(bodies)) {
  t.test(`the beginning of ${name} is seen in time`, async (t) => {
    const { strings, report, looksTaken } = walkWithLooks(20, type, body)
    const wanted = mark.replaceAll('i', name === 'text that is not UTF-8' ? 'é' : 'i')
    t.ok(
      strings.some((string) => string.includes(wanted)),
      'the mark',
    )
    t.equal(report.isTimedOut, true)
    t.ok(looksTaken < 60, `${looksTaken} looks at the clock`)
    t.ok(strings.join('').length < 1_500_000, 'not all of it')
  })
}

t.test('the beginning of a packed body is seen in time', async (t) => {
  const { strings, report } = walkWithLooks(
    20,
    'text/plain',
    gzipSync(`${mark}${words.replaceAll('w', () => String(Math.random()))}`),
    'gzip',
  )
  t.ok(strings.some((string) => string.includes(mark)))
  t.equal(report.isTimedOut, true)
})

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString()
}
