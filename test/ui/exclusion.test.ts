import t from 'tap'
import { type Exclusion, judgeEffect, makeExclusion, renderExclusion } from '#src/ui/exclusion.js'
import { eventOf, type LineParts } from '../store/support/event-lines.js'

const query = { address: 'server.request.query', keyPath: ['id', '0'] }

function exclusionFor(condition: { address: string; keyPath: readonly string[] }, path?: string): Exclusion {
  const made = makeExclusion('r-1', condition, path)
  if (typeof made === 'string') throw new Error(made)
  return made
}

function effect(exclusion: Exclusion, parts: LineParts): string {
  return judgeEffect(exclusion, JSON.stringify(eventOf({ rule: 'r-1', ...parts })))
}

t.test('names are taken as they are, positions as any position', async (t) => {
  const cases: [address: string, keyPath: string[], pattern: string[]][] = [
    ['server.request.query', ['id', '0'], ['id']],
    ['server.request.query', ['7', '0'], ['7']],
    ['server.request.headers.no_cookies', ['user-agent', '0'], ['user-agent']],
    ['server.request.body', ['items', '3', 'name'], ['items', '*', 'name']],
    ['server.request.body', [], []],
    ['server.request.path_params', ['2'], ['*']],
  ]
  for (const [address, keyPath, pattern] of cases) {
    t.strictSame(exclusionFor({ address, keyPath }).keyPath, pattern, address)
  }
})

t.test('what was redacted cannot be excluded', async (t) => {
  t.type(makeExclusion('r-1', { ...query, keyPath: ['<Redacted>'] }, undefined), 'string')
  t.type(makeExclusion('r-1', query, '/a/<Redacted>'), 'string')
  t.type(makeExclusion('r-1', { address: '', keyPath: [] }, undefined), 'string')
})

t.test('a key path of 20 keys can be excluded, one of 21 cannot', async (t) => {
  const keys = Array.from({ length: 21 }, (_, index) => `k${index}`)
  t.type(makeExclusion('r-1', { address: 'server.request.body', keyPath: keys.slice(0, 20) }, undefined), 'object')
  t.type(makeExclusion('r-1', { address: 'server.request.body', keyPath: keys }, undefined), 'string')
})

t.test('only events whose every match goes are silenced', async (t) => {
  const exclusion = exclusionFor(query)
  t.equal(effect(exclusion, {}), 'silenced')
  t.equal(effect(exclusion, { keyPath: ['id', '3'] }), 'silenced')
  t.equal(effect(exclusion, { keyPath: ['other', '0'] }), 'kept')
  t.equal(effect(exclusion, { address: 'server.request.body' }), 'kept')
  t.equal(effect(exclusion, { rule: 'r-2' }), 'kept')
  const one: object = eventOf({ rule: 'r-1' })
  const other: object = eventOf({ rule: 'r-2' })
  const both = { ...one, matches: [...matchesOf(one), ...matchesOf(other)] }
  t.equal(judgeEffect(exclusion, JSON.stringify(both)), 'weakened')
})

t.test('an exclusion for a path takes that path, with any query, and no other', async (t) => {
  const exclusion = exclusionFor(query, '/a.b/(c)')
  t.equal(effect(exclusion, { path: '/a.b/(c)', query: '' }), 'silenced')
  t.equal(effect(exclusion, { path: '/a.b/(c)', query: 'x=1' }), 'silenced')
  t.equal(effect(exclusion, { path: '/axb/(c)' }), 'kept')
  t.equal(effect(exclusion, { path: '/a.b/(c)/d' }), 'kept')
  t.equal(effect(exclusion, { path: '/x/a.b/(c)' }), 'kept')
})

t.test('the same exclusion has the same id, another has another', async (t) => {
  const idOf = (exclusion: Exclusion): unknown => JSON.parse(renderExclusion(exclusion)).exclusions[0].id
  t.equal(idOf(exclusionFor(query)), idOf(exclusionFor(query)))
  t.not(idOf(exclusionFor(query)), idOf(exclusionFor(query, '/')))
})

function matchesOf(event: object): unknown[] {
  return 'matches' in event && Array.isArray(event.matches) ? event.matches : []
}
