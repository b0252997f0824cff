// Proves the checker of verdict cases: wrong expectations must be found, and files that hold no cases refused.
import t from 'tap'
import { parseCases, readCases, testFolder } from '../cases/case-file.js'
import { createCaseEngine, findFlaw, inspectWith } from '../cases/check-case.js'

const built = await createCaseEngine('verify')
t.teardown(() => built.dispose())

t.test('every wrong expectation is found', async (t) => {
  const cases = readCases(testFolder('self'))
  t.equal(cases.length, 8)
  for (const wrong of cases) t.type(findFlaw(wrong, inspectWith(built)), 'string', wrong.name)
})

t.test('a prefilter that cleared what the engine matches is a flaw', async (t) => {
  const [verdictCase] = parseCases('x', '- { name: x, request: { target: / }, types: [] }')
  t.ok(verdictCase)
  if (verdictCase === undefined) return
  const cleared = { types: [], isTruncated: false, fault: undefined, isContradicted: true }
  t.match(
    findFlaw(verdictCase, () => cleared),
    'the prefilter had cleared it',
  )
  t.equal(
    findFlaw(verdictCase, () => ({ ...cleared, isContradicted: false })),
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
