// Proves the checker of verdict cases: wrong expectations must be found, and files that hold no cases refused.
import t from 'tap'
import { parseCases, readCases, testFolder } from '../cases/case-file.js'
import { createTestEngine, findFlaw, inspectWithEngine } from '../cases/check-case.js'

const engine = await createTestEngine()
t.teardown(() => engine.dispose())

t.test('every wrong expectation is found', async (t) => {
  const cases = readCases(testFolder('self'))
  t.equal(cases.length, 8)
  for (const wrong of cases) t.type(findFlaw(wrong, inspectWithEngine(engine)), 'string', wrong.name)
})

t.test('a verdict with parts that the engine had to cut is a flaw', async (t) => {
  const [verdictCase] = parseCases('x', '- { name: x, request: { target: / }, types: [] }')
  t.ok(verdictCase)
  if (verdictCase === undefined) return
  const cut = { types: [], isTruncated: false, fault: undefined, isCutByEngine: true }
  t.match(
    findFlaw(verdictCase, () => cut),
    'the engine cut',
  )
  t.equal(
    findFlaw(verdictCase, () => ({ ...cut, isCutByEngine: false })),
    undefined,
  )
})

t.test('what is no case is refused, not skipped', async (t) => {
  t.throws(() => parseCases('x', 'a: b'), { message: 'x: not a list of cases' })
  t.throws(() => parseCases('x', '- name: a'), { message: /map expected/ })
  t.throws(() => parseCases('x', '- { name: a, request: {} }'), { message: /list expected/ })
  t.throws(() => parseCases('x', '- { name: a, request: { body: { rot13: a } }, types: [] }'), {
    message: /unknown bytes/,
  })
  t.throws(() => parseCases('x', '- { name: a, request: { body: { hex: "00", tmies: 2 } }, types: [] }'), {
    message: /odd bytes/,
  })
})
