// The golden files against the schemas' own field lists: names, lists, types and allowed values.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { goldenUrl } from '../sinks/golden-files.js'
import { checkEcs, checkOcsf, schemasSkip } from './support/schemas.js'

const skip = schemasSkip()

t.test('every ECS field is one of Elastic’s, of its type, or under our own name', { skip }, async (t) => {
  const lines = readFileSync(goldenUrl('ecs'), 'utf8').split('\n').slice(0, -1)
  t.ok(lines.length > 3)
  for (const line of lines) {
    const faults = checkEcs(JSON.parse(line)).filter((fault) => !fault.startsWith('unknown mirrorwaf.'))
    t.strictSame(faults, [])
  }
})

t.test('the ECS check finds wrong names, lists, types and values', { skip }, async (t) => {
  const wrong = { rule: { id: ['a'] }, url: { port: '80', nothing: 1 }, event: { kind: 'alarm', category: 'web' } }
  t.strictSame(checkEcs(wrong), [
    'rule.id is not meant to be a list',
    'url.port is not a number',
    'unknown url.nothing',
    'event.kind may not be alarm',
    'event.category is meant to be a list',
  ])
})

/** In the schema (1.6.0), but not in this model of it, which is a part. */
const missingInModel = ['unknown evidences.http_request', 'unknown evidences.src_endpoint', 'unknown is_alert']

t.test('every OCSF event is a Detection Finding to a model of another hand', { skip }, async (t) => {
  const results = checkOcsf(readFileSync(goldenUrl('ocsf'), 'utf8'))
  t.ok(results.length > 3)
  for (const faults of results)
    t.strictSame(
      faults.filter((fault) => !missingInModel.includes(fault)),
      [],
    )
})

t.test('the OCSF check finds wrong names and values', { skip }, async (t) => {
  const [line = ''] = readFileSync(goldenUrl('ocsf'), 'utf8').split('\n')
  const event: unknown = JSON.parse(line)
  const [faults = []] = checkOcsf(`${JSON.stringify(Object.assign({}, event, { severity_id: 77, nothing: 1 }))}\n`)
  t.ok(faults.includes('unknown nothing'))
  t.match(faults[0], /^refused severity_id: /)
})
