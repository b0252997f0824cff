import t from 'tap'
import { encodeForTerminal, escapeForTerminal } from '#src/sinks/terminal-encoder.js'
import { buildEvent, type EventInput } from '#src/verdict/build-event.js'
import { encodeEvent } from '#src/verdict/encode-event.js'
import { sampleContext, sampleInput, sampleMatch, sampleRecord } from '../verdict/support/event-input.js'

function show(changes: Partial<EventInput>, isColoured = false): string {
  const line = encodeEvent(buildEvent(sampleInput(changes), sampleContext()))
  return Buffer.from(encodeForTerminal(line, isColoured)).toString()
}

t.test('an event is one short line: when, who, what, which rule, where', async (t) => {
  t.equal(
    show({}),
    '03:04:05.678 matched 203.0.113.7 GET shop.example/shop?x=$globals' +
      ' crs-933-130 PHP Injection Attack server.request.query.x.0: $globals\n',
  )
})

t.test('several events are several lines, several rules are counted', async (t) => {
  const line = Buffer.from(
    encodeEvent(buildEvent(sampleInput({ matches: [sampleMatch, sampleMatch] }), sampleContext())),
  )
  const shown = Buffer.from(encodeForTerminal(Buffer.concat([line, line]), false)).toString()
  t.equal(shown.split('\n').length, 3)
  t.match(shown, /\(\+1 rules\)/)
})

t.test('colours come only when asked for', async (t) => {
  t.match(show({}, true), /\u001b\[31mmatched\u001b\[0m/)
  t.notMatch(show({}), /\u001b/)
})

t.test('nothing that a sender wrote drives the terminal', async (t) => {
  const target = '/\u001b[2J\u009b31m\u202e\u2066\r\n\u0007?x=\u2028$globals'
  const shown = show({ record: sampleRecord({ target }), host: '\u001b]0;title\u0007' })
  t.notMatch(shown.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  t.match(shown, /\\x1b\[2J\\x9b31m\\u\{202e\}/)
})

t.test('a line stays short whatever was sent', async (t) => {
  const target = `/${'p/'.repeat(900)}?${'q=1&'.repeat(900)}`
  const shown = show({ record: sampleRecord({ target, method: 'M'.repeat(500) }), host: 'h'.repeat(4000) })
  t.ok(shown.length < 400, `${shown.length} characters`)
})

t.test('lines in a form for machines reach a terminal without anything it would obey, and mean the same', async (t) => {
  const hostile = '\u009b31m \u0085 \u009d0;title\u009c \u007f \u001b[2J \u202e \u2028 \u{e0001} é 漢'
  const line = `${JSON.stringify({ value: hostile })}\n`
  const shown = Buffer.from(escapeForTerminal(Buffer.from(`${line}${line}`))).toString()
  t.notMatch(shown.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  const lines = shown.split('\n')
  t.equal(lines.length, 3)
  t.strictSame(JSON.parse(lines[1] ?? ''), { value: hostile })
  t.match(shown, 'é 漢')
})
