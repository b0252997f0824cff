import t from 'tap'
import { createTimeGuard } from '#src/verdict/time-guard.js'

/** Long for work that ends, so that a machine which gives no processor for a while does not fail the test. */
const guard = createTimeGuard(500)

t.test('work that ends in time gives its value', async (t) => {
  t.equal(
    guard(() => 'done'),
    'done',
  )
})

t.test('work without end is given up, and the guard goes on working', async (t) => {
  t.equal(
    guard(() => /^(a+)+$/.test(`${'a'.repeat(100)}b`)),
    undefined,
  )
  t.equal(
    guard(() => {
      for (;;);
    }),
    undefined,
  )
  t.equal(
    guard(() => 1),
    1,
  )
})

t.test('what work throws comes through', async (t) => {
  t.throws(
    () =>
      guard(() => {
        throw new TypeError('odd')
      }),
    { name: 'TypeError', message: 'odd' },
  )
})
