// The default redaction, as the engine applies it.
import t from 'tap'
import { createEngine } from '#src/engine/ddwaf.js'
import { readRuleset } from '#src/engine/ruleset.js'
import { completeServeOptions } from '#src/options/load.js'

t.test('by default the engine hides values under secret keys, and only the secret inside other values', async (t) => {
  const engine = createEngine(await readRuleset([]), completeServeOptions({}))
  t.teardown(() => engine.dispose())
  const shownValue = (query: Record<string, string[]>): string | undefined => {
    const context = engine.createContext()
    try {
      return context.run({ 'server.request.query': query }, 1_000_000).matches[0]?.conditions[0]?.value
    } finally {
      context.dispose()
    }
  }
  t.equal(shownValue({ password: ['$globals'] }), '<Redacted>')
  t.equal(shownValue({ x: ['$globals'] }), '$globals')
  t.equal(shownValue({ x: ['$globals token=hunter2&y'] }), '$globals token=<Redacted>&y')
})
