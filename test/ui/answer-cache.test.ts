import t from 'tap'
import { AnswerCache, questionLimit } from '#src/ui/answer-cache.js'

t.test('pages that ask the same get one answer, made once, for ten times what it took', async (t) => {
  let atMs = 0
  let madeCount = 0
  const cache = new AnswerCache(() => atMs)
  const make = async (): Promise<object> => {
    madeCount += 1
    atMs += 500
    return { madeCount }
  }
  const ask = async (): Promise<string> => String(await cache.ask('range', make))
  t.strictSame(await Promise.all([ask(), ask(), ask()]), Array(3).fill('{"madeCount":1}'))
  atMs = 500 + 4999
  t.equal(await ask(), '{"madeCount":1}')
  atMs = 500 + 5000
  t.equal(await ask(), '{"madeCount":2}')
})

t.test('an answer that was quick stays two seconds', async (t) => {
  let atMs = 0
  const cache = new AnswerCache(() => atMs)
  let madeCount = 0
  const ask = async (): Promise<string> => String(await cache.ask('range', async () => ({ made: ++madeCount })))
  await ask()
  atMs = 1999
  t.equal(await ask(), '{"made":1}')
  atMs = 2000
  t.equal(await ask(), '{"made":2}')
})

t.test('questions are bounded: made answers give way, and what cannot be asked now is said', async (t) => {
  const cache = new AnswerCache(() => 0)
  let go: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    go = resolve
  })
  const asked = Array.from({ length: questionLimit }, (_, index) =>
    cache.ask(String(index), async () => {
      await gate
      return { index }
    }),
  )
  t.equal(
    cache.ask('one more', async () => ({})),
    undefined,
  )
  go()
  await Promise.all(asked)
  t.ok(cache.ask('one more', async () => ({})))
})

t.test('a failure is told and not kept', async (t) => {
  const cache = new AnswerCache(() => 0)
  const failed = cache.ask('a', () => Promise.reject(new Error('no luck')))
  await t.rejects(async () => void (await failed), { message: 'no luck' })
  t.equal(String(await cache.ask('a', async () => ({ ok: 1 }))), '{"ok":1}')
})
