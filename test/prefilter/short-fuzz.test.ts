// A taste of the fuzz (npm run fuzz), so that a gross fault does not wait for it.
import t from 'tap'
import { engineVersion } from '#src/engine/ddwaf.js'
import { parseRulesetDocument, readRuleset } from '#src/engine/ruleset.js'
import { DifferentialPart } from '../fuzz/differential-part.js'
import { Random } from '../fuzz/random.js'
import { TransformerPart } from '../fuzz/transformer-part.js'

const { documents } = await readRuleset([])
const [packaged] = documents
if (packaged === undefined) throw new RangeError('no packaged ruleset')
const ruleset = parseRulesetDocument(packaged)

for (const setup of [
  { isAllEnabled: false, keepsTypes: false },
  { isAllEnabled: true, keepsTypes: false },
  { isAllEnabled: false, keepsTypes: true },
]) {
  t.test(`nothing that the engine reports was cleared: ${JSON.stringify(setup)}`, async (t) => {
    const options = { ...setup, tableBytes: 1024 * 1024, judgedShare: 0.2 }
    const part = new DifferentialPart(ruleset, engineVersion(), new Random(20_261_121), options)
    t.teardown(() => part.dispose())
    while (part.counts.samples < 3000) t.equal(part.step(), undefined)
    t.ok(part.counts.cleared > 300, 'the prefilter does clear')
    t.ok(part.counts.withEvents > 100, 'the engine does match')
    t.ok(part.counts.sieved > 100, 'families judge, and report the same')
  })
}

t.test('the transformer ports do what the engine does', async (t) => {
  const part = new TransformerPart(new Random(7))
  t.teardown(() => part.dispose())
  for (let round = 0; round < 60; round++) t.equal(part.step(), undefined)
})
