// What a sender of ever new texts can cost: work per request, share of time, memory.
import t from 'tap'
import { Automaton } from '#src/prefilter/automaton/automaton.js'
import { BuildBudget } from '#src/prefilter/automaton/build-budget.js'
import { SubsetScratch } from '#src/prefilter/automaton/subset-step.js'
import { TableBudget } from '#src/prefilter/automaton/table-budget.js'
import { compilePrefilter } from '#src/prefilter/compile-ruleset.js'
import { createPrefilter } from '#src/prefilter/create-prefilter.js'
import { engineOn } from '../fuzz/oracle.js'
import { Random } from '../fuzz/random.js'
import { unlimited } from '../fuzz/unlimited.js'
import { clears, engineVersion, prefilterOn, regexRule } from './support/prefilter-on.js'

/** Patterns whose beginnings overlap in many ways. */
const rules = [
  regexRule('a[a-z]*b[a-z]*c[a-z]*d!'),
  { ...regexRule('(?:select|insert|update|delete).*from.*where!'), id: 'r2' },
  { ...regexRule('x[^y]*y[^z]*z!'), id: 'r3' },
]

function newText(random: Random, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(random.between(0x61, 0x7a))).join('')
}

t.test(
  'a request that needs more states than it may cause is a candidate, and the next is judged afresh',
  async (t) => {
    const prefilter = prefilterOn([{ rules }], { ...unlimited, workPerRequest: 200 })
    t.teardown(() => prefilter.dispose())
    const text = newText(new Random(1), 2000)
    t.equal(clears(prefilter, text), false)
    t.match(prefilter.reason?.cause, /too many states/)
    t.equal(prefilter.stats.refusedByRequest, 1)
    let attempts = 1
    while (!clears(prefilter, text) && attempts < 10_000) attempts++
    t.ok(attempts < 10_000, 'each attempt builds a part: in the end the text is known')
  },
)

t.test('a budget that is not used up makes no candidate', async (t) => {
  const prefilter = prefilterOn([{ rules }], { ...unlimited, workPerRequest: 1_000_000 })
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, newText(new Random(1), 2000)), true)
})

t.test('no second spends more than a tenth on building, whatever comes in', async (t) => {
  const now = { ms: 0 }
  const limits = { workPerRequest: Infinity, timeShare: 0.07, burstMs: 30 }
  const budget = new BuildBudget(limits, () => now.ms)
  const spent: { at: number; ms: number }[] = []
  now.ms = 10_000
  while (now.ms < 14_000) {
    budget.beginRequest()
    if (budget.begin()) {
      now.ms += 0.5
      budget.end(1)
      spent.push({ at: now.ms, ms: 0.5 })
    } else {
      if (budget.refusal !== 'rate') t.fail(`refused by ${budget.refusal}`)
      now.ms += 0.1
    }
  }
  const worst = Math.max(
    ...spent.map(({ at }) =>
      spent.reduce((sum, each) => sum + (each.at > at - 1000 && each.at <= at ? each.ms : 0), 0),
    ),
  )
  t.ok(worst <= 102, `${worst} ms of building within one second`)
  t.ok(worst > 50, 'and the allowance is used')
})

t.test('refused transitions are not remembered', async (t) => {
  const now = { ms: 0 }
  const prefilter = createPrefilter(compilePrefilter([{ rules }], engineVersion), {
    createEngine: engineOn,
    now: () => now.ms,
    limits: { workPerRequest: Infinity, timeShare: 0.5, burstMs: 0 },
  })
  t.teardown(() => prefilter.dispose())
  t.equal(clears(prefilter, 'harmless'), false)
  t.match(prefilter.reason?.cause, /of late/)
  now.ms += 1000
  t.equal(prefilter.stats.refusedByRate, 1)
})

t.test('tables stay within their bytes under a growing vocabulary, and verdicts stay right', async (t) => {
  const tableBytes = 256 * 1024
  const prefilter = prefilterOn([{ rules }], { ...unlimited, tableBytes })
  t.teardown(() => prefilter.dispose())
  const random = new Random(5)
  let most = 0
  const wrong: string[] = []
  for (let index = 0; index < 1500; index++) {
    const text = newText(random, 200)
    if (!clears(prefilter, text)) wrong.push(text)
    if (clears(prefilter, `${text} x y z!`)) wrong.push(`${text} x y z!`)
    most = Math.max(most, prefilter.stats.tableBytes)
  }
  t.strictSame(wrong, [])
  t.ok(prefilter.stats.flushes > 0, 'the tables were full')
  t.ok(most <= tableBytes, `${most} bytes at most`)
})

t.test('a full budget makes the largest table give way', async (t) => {
  const compiled = compilePrefilter([{ rules }], engineVersion)
  const [group] = compiled.groups
  if (group === undefined) throw new RangeError('no group')
  const tables = new TableBudget(40_000)
  const parts = {
    nfa: compiled.nfa,
    budget: new BuildBudget(unlimited, () => 0),
    tables,
    scratch: new SubsetScratch(compiled.nfa.ops.length),
  }
  const roomy = 1_000_000
  const [large, small] = [new Automaton(group, parts, roomy), new Automaton(group, parts, roomy)]
  const random = new Random(2)
  const fill = (automaton: Automaton, until: () => boolean): void => {
    for (let scans = 0; scans < 10_000 && !until(); scans++) {
      parts.budget.beginRequest()
      const bytes = Buffer.from(newText(random, 40))
      automaton.scan(bytes, 0, bytes.length)
    }
  }
  fill(large, () => tables.usedBytes > 30_000)
  fill(small, () => large.flushes > 0)
  t.equal(large.flushes, 1)
  t.equal(small.flushes, 0)
  t.ok(tables.usedBytes <= 40_000)
})
