import t from 'tap'
import { appsecJsonLimit, encodeAppsecJson } from '#src/sinks/datadog/appsec-json.js'
import type { EventMatch } from '#src/verdict/event.js'
import { sampleMatch } from '../../verdict/support/event-input.js'
import { eventWith } from './support/events.js'

const [match] = eventWith().matches

function matchWith(value: string): EventMatch {
  if (match === undefined) throw new Error('the sample event has no match')
  return { ...match, matches: match.matches.map((condition) => ({ ...condition, value })) }
}

t.test('what matched is in the form of the engine’s own events', async (t) => {
  t.strictSame(JSON.parse(encodeAppsecJson(eventWith().matches).text), {
    triggers: [
      {
        rule: { id: sampleMatch.id, name: sampleMatch.name, tags: sampleMatch.tags, on_match: [] },
        rule_matches: [
          {
            operator: 'phrase_match',
            operator_value: '',
            parameters: [
              {
                address: 'server.request.query',
                key_path: ['x', '0'],
                value: '$globals',
                highlight: ['$globals'],
              },
            ],
          },
        ],
      },
    ],
  })
})

t.test('a text at the limit stays whole; beyond it values are cut', async (t) => {
  const rest = encodeAppsecJson([matchWith('')]).text.length
  const whole = encodeAppsecJson([matchWith('x'.repeat(appsecJsonLimit - rest))])
  t.equal(whole.text.length, appsecJsonLimit)
  const cut = encodeAppsecJson([matchWith('x'.repeat(appsecJsonLimit - rest + 1))])
  t.match(cut, { omittedCount: 0 })
  t.match(cut.text, `${'x'.repeat(1024)}…"`)
})

t.test('matches that do not fit even so are left out and counted', async (t) => {
  const many = Array.from({ length: 200 }, () => matchWith('x'.repeat(4096)))
  const { text, omittedCount } = encodeAppsecJson(many)
  t.ok(text.length <= appsecJsonLimit)
  t.equal(JSON.parse(text).triggers.length + omittedCount, 200)
  t.ok(omittedCount > 0 && omittedCount < 200)
})
