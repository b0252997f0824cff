import t from 'tap'
import type { RuleMatch } from '#src/engine/engine.js'
import { buildEvent } from '#src/verdict/build-event.js'
import { encodeEvent, eventLimitBytes } from '#src/verdict/encode-event.js'
import type { SecurityEvent } from '#src/verdict/event.js'
import { sampleContext, sampleInput, sampleMatch, sampleRecord } from './support/event-input.js'

function sampleEvent(): SecurityEvent {
  return buildEvent(sampleInput(), sampleContext())
}

/** An event whose line is exactly so long. */
function eventOfLength(lineBytes: number): SecurityEvent {
  const event = sampleEvent()
  const bare = encodeEvent({ ...event, service: '' }).byteLength
  return { ...event, service: 's'.repeat(lineBytes - bare) }
}

function decode(line: Uint8Array): SecurityEvent {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(line)
  t.ok(text.endsWith('\n') && text.indexOf('\n') === text.length - 1, 'one line with its end')
  return JSON.parse(text)
}

function matchWith(value: string): RuleMatch {
  const [condition] = sampleMatch.conditions
  return { ...sampleMatch, conditions: condition === undefined ? [] : [{ ...condition, value, highlight: [value] }] }
}

t.test('an event is one JSON line', async (t) => {
  const event = sampleEvent()
  t.strictSame(decode(encodeEvent(event)), JSON.parse(JSON.stringify(event)))
})

t.test('a line of the limit stays whole, one byte more is cut, and both are valid', async (t) => {
  const longest = encodeEvent(eventOfLength(eventLimitBytes))
  t.equal(longest.byteLength, eventLimitBytes)
  t.notMatch(decode(longest).service, /cut/)
  const cut = encodeEvent(eventOfLength(eventLimitBytes + 1))
  t.ok(cut.byteLength <= eventLimitBytes)
  t.match(decode(cut).service, /^s+…\[cut \d+ bytes\]$/)
})

t.test('the longest texts are cut first, shorter ones stay whole', async (t) => {
  const event = { ...sampleEvent(), service: 's'.repeat(70_000), env: 'e'.repeat(5000) }
  const decoded = decode(encodeEvent(event))
  t.match(decoded.service, /…\[cut \d+ bytes\]$/)
  t.equal(decoded.env, event.env)
})

t.test('texts that grow when they are escaped still fit', async (t) => {
  for (const character of ['\u0000', '"', '\\', '😀', '\ud800']) {
    const event = { ...sampleEvent(), service: character.repeat(60_000), env: character.repeat(30_000) }
    const line = encodeEvent(event)
    t.ok(line.byteLength <= eventLimitBytes)
    t.match(decode(line).service, /…\[cut \d+ bytes\]$/)
  }
})

t.test('when short texts are too many, matches go from the end and are counted', async (t) => {
  const matches = Array.from({ length: 300 }, () => matchWith('\u0001'.repeat(2000)))
  const event = buildEvent(sampleInput({ matches }), sampleContext())
  const line = encodeEvent(event)
  t.ok(line.byteLength <= eventLimitBytes)
  const decoded = decode(line)
  t.ok(decoded.matches.length > 0)
  t.equal(decoded.matches.length + decoded.matches_omitted, 300)
})

t.test('the worst that a sender can put beside the matches fits without them', async (t) => {
  const worst = '\u0001'.repeat(3000)
  const names = [...sampleContext().reportedHeaders]
  const record = sampleRecord({
    method: worst,
    target: `${worst}?${worst}`,
    headers: names.map((name) => [name, worst] as const),
  })
  const input = sampleInput({
    record,
    host: worst,
    hostRaw: worst,
    bodyType: worst,
    clientChain: new Array<string>(40).fill(worst),
    matches: Array.from({ length: 100 }, () => matchWith(worst)),
  })
  const line = encodeEvent(buildEvent(input, sampleContext()))
  t.ok(line.byteLength <= eventLimitBytes)
  t.equal(decode(line).matches.length + decode(line).matches_omitted, 100)
})
