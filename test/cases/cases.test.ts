// Every case in test/cases/*.yaml, without the prefilter, with it, and with both compared: the verdicts must be the same.
import t from 'tap'
import { readCases, testFolder } from './case-file.js'
import { createCaseEngine, findFlaw, inspectWith } from './check-case.js'

const cases = readCases(testFolder('cases'))
t.ok(cases.length > 300, 'the case files were found')

for (const mode of ['off', 'on', 'verify'] as const) {
  t.test(`every case has its verdict with prefilter ${mode}`, async (t) => {
    const built = await createCaseEngine(mode)
    const inspect = inspectWith(built)
    t.teardown(() => built.dispose())
    for (const verdictCase of cases) {
      t.equal(findFlaw(verdictCase, inspect), undefined, `${verdictCase.file}: ${verdictCase.name}`)
    }
  })
}
