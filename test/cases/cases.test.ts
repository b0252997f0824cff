// Every case in test/cases/*.yaml, through decoder and engine.
import t from 'tap'
import { readCases, testFolder } from './case-file.js'
import { createTestEngine, findFlaw, inspectWithEngine } from './check-case.js'

const engine = await createTestEngine()
const inspect = inspectWithEngine(engine)
const cases = readCases(testFolder('cases'))
t.teardown(() => engine.dispose())

t.ok(cases.length > 100, 'the case files were found')
for (const verdictCase of cases) {
  t.equal(findFlaw(verdictCase, inspect), undefined, `${verdictCase.file}: ${verdictCase.name}`)
}
