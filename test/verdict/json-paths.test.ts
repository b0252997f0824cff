import t from 'tap'
import { compileJsonPaths } from '#src/verdict/json-paths.js'

t.test('a value at or below a path is a secret, one beside it is not', async (t) => {
  const isSecret = compileJsonPaths(['user.card.number', '$.items[*].pin', 'a[3].b', 'note.*.text'])
  for (const [path, expected] of [
    ['user.card.number', true],
    ['User.CARD.Number', true],
    ['user.card.number.digits.0', true],
    ['user.cards.number', false],
    ['user.card', false],
    ['card.number', false],
    ['items.0.pin', true],
    ['items.17.pin', true],
    ['items.pin', true],
    ['items.0.name', false],
    ['a.3.b', true],
    ['a.4.b', false],
    ['note.anything.text', true],
    ['note.text', false],
  ] as const) {
    t.equal(isSecret(path.split('.')), expected, path)
  }
})

t.test('a list around a value hides nothing', async (t) => {
  const isSecret = compileJsonPaths(['user.pin'])
  t.ok(isSecret(['user', '0', 'pin']))
  t.ok(isSecret(['user', 'pin', '0']))
  t.ok(isSecret(['0', 'user', 'pin']))
})

t.test('without paths nothing is a secret by its place', async (t) => {
  t.notOk(compileJsonPaths([])(['a']))
})
