import t from 'tap'
import { type NativeResult, toEngineResult } from '#src/engine/ddwaf-result.js'

const rule = { id: 'a-1', name: 'A', tags: { type: 'a', category: 'attack_attempt' } }
const parameter = { address: 'server.request.query', key_path: ['x', 0], value: 'a', highlight: ['a'] }

function resultOf(event: object): NativeResult {
  return { timeout: false, events: [event] }
}

t.test('a match is given in the words of the engine interface', async (t) => {
  const event = { rule, rule_matches: [{ operator: 'match_regex', operator_value: 'a+', parameters: [parameter] }] }
  t.strictSame(toEngineResult(resultOf(event)).matches, [
    {
      ...rule,
      conditions: [
        {
          operator: 'match_regex',
          operatorValue: 'a+',
          address: 'server.request.query',
          keyPath: ['x', '0'],
          value: 'a',
          highlight: ['a'],
        },
      ],
    },
  ])
})

t.test('each part that a structured detector reports stands alone, with the highlight of all', async (t) => {
  const { highlight, ...part } = parameter
  const parameters = [
    { resource: part, params: { ...part, address: 'server.request.body' }, kind: 'no part', highlight },
  ]
  const [match] = toEngineResult(resultOf({ rule, rule_matches: [{ operator: 'lfi_detector', parameters }] })).matches
  t.strictSame(
    match?.conditions.map((condition) => [condition.address, condition.highlight]),
    [
      ['server.request.query', ['a']],
      ['server.request.body', ['a']],
    ],
  )
})

t.test('what is no text where one belongs reads as empty', async (t) => {
  const [match] = toEngineResult(resultOf({ rule: { id: 1, tags: { type: 'a', level: 3 } } })).matches
  t.strictSame(match, { id: '', name: '', tags: { type: 'a', level: '' }, conditions: [] })
  t.strictSame(toEngineResult({ timeout: false }).matches, [])
})
