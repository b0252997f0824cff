import fc from 'fast-check'
import t from 'tap'
import type { EngineInput, EngineValue } from '#src/engine/engine.js'
import { EngineInputBuilder, maxContainerEntries, maxNesting } from '#src/request/engine-input.js'
import type { MapKind, ValueVisitor } from '#src/request/value-visitor.js'

/** A value tree to be sent; a map is a list of pairs, so that keys can repeat. */
type Tree = string | number | null | { list: Tree[] } | { kind: MapKind; pairs: [string, Tree][] }

function send(visitor: ValueVisitor, tree: Tree): void {
  if (tree === null) visitor.nil()
  else if (typeof tree === 'number') visitor.number(tree)
  else if (typeof tree === 'string') visitor.string(Buffer.from(tree), 0, Buffer.byteLength(tree))
  else if ('list' in tree) {
    visitor.openList()
    for (const item of tree.list) send(visitor, item)
    visitor.closeList()
  } else {
    visitor.openMap(tree.kind)
    for (const [key, value] of tree.pairs) {
      visitor.key(Buffer.from(key), 0, Buffer.byteLength(key))
      send(visitor, value)
    }
    visitor.closeMap()
  }
}

function build(...trees: Tree[]): EngineInput[] {
  const builder = new EngineInputBuilder()
  const parts: EngineInput[] = []
  builder.reset((part) => parts.push(part) > 0)
  const visitor = builder.address('server.request.body')
  for (const tree of trees) send(visitor, tree)
  builder.flush()
  return parts
}

const plain = (...pairs: [string, Tree][]): Tree => ({ kind: 'plain', pairs })
const multi = (...pairs: [string, Tree][]): Tree => ({ kind: 'multi', pairs })
const bodies = (parts: EngineInput[]) => parts.map((part) => JSON.parse(JSON.stringify(part['server.request.body'])))

t.test('a plain map keeps single values alone and repeated ones as a list', async (t) => {
  t.strictSame(bodies(build(plain(['a', '1'], ['b', { list: ['2', null] }]))), [{ a: '1', b: ['2', null] }])
  t.strictSame(bodies(build(plain(['a', '1'], ['a', '2'], ['a', plain(['b', 3])]))), [{ a: ['1', '2', { b: 3 }] }])
  t.strictSame(bodies(build(plain(['a', { list: ['1'] }], ['a', '2']))), [{ a: [['1'], '2'] }])
})

t.test('a multi map has a list for each key', async (t) => {
  t.strictSame(bodies(build(multi(['a', '1'], ['b', '2'], ['a', '3']))), [{ a: ['1', '3'], b: ['2'] }])
})

t.test('a second tree for an address stands beside the first', async (t) => {
  t.strictSame(bodies(build(plain(['a', '1']), 'rest', 'more')), [[{ a: '1' }, 'rest', 'more']])
})

t.test('names that JavaScript trips over are keys like any other', async (t) => {
  const names = ['__proto__', 'constructor', 'toJSON', 'hasOwnProperty', '0', '4294967295', '']
  for (const kind of ['plain', 'multi'] as const) {
    const [part] = build({ kind, pairs: names.map((name): [string, Tree] => [name, `v-${name}`]) })
    const body = part?.['server.request.body']
    if (typeof body !== 'object' || body === null) throw new Error('no map')
    t.equal(Object.getPrototypeOf(body), null)
    t.strictSame(Object.keys(body).sort(), [...names].sort())
    t.equal(part === undefined || Object.getPrototypeOf(part), null)
  }
})

t.test('the last entry that fits stays, the next one starts a part with the same path', async (t) => {
  const numbered = (count: number): [string, Tree][] => Array.from({ length: count }, (_, index) => [`k${index}`, 'v'])
  t.equal(build(plain(...numbered(maxContainerEntries))).length, 1)
  const parts = bodies(build(plain(['x', plain(...numbered(maxContainerEntries + 1))], ['y', 'z'])))
  t.equal(Object.keys(parts[0].x).length, maxContainerEntries)
  t.strictSame(parts[1], { x: { k256: 'v' }, y: 'z' })
  const lists = bodies(build({ list: Array.from({ length: maxContainerEntries + 1 }, () => 'v') }))
  t.strictSame(
    lists.map((list) => list.length),
    [256, 1],
  )
  const values = bodies(build(multi(...Array.from({ length: 257 }, (): [string, Tree] => ['a', 'v']))))
  t.strictSame(
    values.map((value) => value.a.length),
    [256, 1],
  )
})

t.test('what is nested too deep lies flat in the deepest map that fits', async (t) => {
  const nest = (depth: number, inner: Tree): Tree => (depth === 0 ? inner : plain(['a', nest(depth - 1, inner)]))
  for (const depth of [maxNesting - 2, maxNesting - 1, maxNesting, maxNesting + 1, 500]) {
    const parts = build(nest(depth, plain(['k', 'deep'], ['l', { list: ['one', { list: ['two'] }] }])))
    t.ok(parts.every((part) => nestingOf(part['server.request.body']) <= maxNesting))
    t.strictSame(stringsIn(parts).sort(), ['deep', 'one', 'two'])
    t.ok(keysIn(parts).includes('k') && keysIn(parts).includes('l'))
  }
})

t.test('a part stays small', async (t) => {
  const parts = build({ list: Array.from({ length: 200 }, () => 'x'.repeat(4000)) })
  t.ok(parts.length > 8, `${parts.length} parts`)
  t.equal(stringsIn(parts).length, 200)
})

t.test('a consumer that wants no more stops the walk', async (t) => {
  const builder = new EngineInputBuilder()
  let partCount = 0
  builder.reset(() => {
    partCount++
    return false
  })
  const visitor = builder.address('server.request.body')
  t.equal(visitor.isDone, false)
  send(visitor, { list: Array.from({ length: 1000 }, () => 'v') })
  t.equal(visitor.isDone, true)
  builder.flush()
  t.equal(partCount, 1)
  builder.reset(() => true)
  t.equal(builder.isDone, false)
})

t.test('nothing is handed over when nothing was sent', async (t) => {
  t.strictSame(build(), [])
})

t.test('whatever is sent arrives once, within the limits of the engine', async () => {
  const { tree } = fc.letrec<{ tree: Tree; map: Tree; list: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'large', withCrossShrink: true },
      name(),
      fc.integer(),
      fc.constant(null),
      tie('list'),
      tie('map'),
    ),
    list: fc.record({ list: fc.array(tie('tree'), { maxLength: 6 }) }),
    map: fc.record({
      kind: fc.constantFrom('plain', 'multi'),
      pairs: fc.array(fc.tuple(name(), tie('tree')), { maxLength: 6 }),
    }),
  }))
  const wrapped = fc.tuple(fc.integer({ min: 0, max: 20 }), tree, fc.boolean()).map(([depth, inner, isMap]) => {
    let whole: Tree = inner
    for (let level = 0; level < depth; level++) whole = isMap ? plain(['a', 'x'], ['a', whole]) : { list: [whole] }
    return whole
  })
  fc.assert(
    fc.property(fc.array(wrapped, { minLength: 1, maxLength: 4 }), (trees) => {
      const parts = build(...trees)
      const isWithinLimits = parts.every(
        (part) => nestingOf(part['server.request.body']) <= maxNesting && widthOf(part) <= maxContainerEntries,
      )
      const sent = trees.flatMap(stringsOf).sort()
      return isWithinLimits && JSON.stringify(stringsIn(parts).sort()) === JSON.stringify(sent)
    }),
    { numRuns: 2000, seed: 4 },
  )
})

function name(): fc.Arbitrary<string> {
  return fc.constantFrom('a', 'b', 'c', '__proto__', '0', '')
}

function stringsOf(tree: Tree): string[] {
  if (typeof tree === 'string') return [tree]
  if (tree === null || typeof tree === 'number') return []
  return 'list' in tree ? tree.list.flatMap(stringsOf) : tree.pairs.flatMap(([, value]) => stringsOf(value))
}

function childrenOf(value: EngineValue | undefined): EngineValue[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

function stringsIn(parts: EngineInput[]): string[] {
  const collect = (value: EngineValue): string[] =>
    typeof value === 'string' ? [value] : childrenOf(value).flatMap(collect)
  return parts.flatMap((part) => collect(part))
}

function keysIn(parts: EngineInput[]): string[] {
  const collect = (value: EngineValue): string[] => {
    const own = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
    return [...own, ...childrenOf(value).flatMap(collect)]
  }
  return parts.flatMap((part) => collect(part))
}

function nestingOf(value: EngineValue | undefined): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...childrenOf(value).map(nestingOf))
}

function widthOf(value: EngineValue): number {
  const children = childrenOf(value)
  return Math.max(children.length, ...children.map(widthOf))
}
