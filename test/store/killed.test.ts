// kill -9 in the middle of writing: everything that was said to be stored is there, counts and events agree.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { openStore, testNowMs } from './support/open-store.js'

/** Enough transactions that the kill falls into one, and into different parts of one each time. */
const rounds = 3

t.test('what was stored outlives kill -9', async (t) => {
  const path = `${t.testdir()}/events.db`
  let lastId = 0
  for (let round = 0; round < rounds; round++) {
    const { said, signal } = await writeAndKill(path, 3 + round)
    t.equal(signal, 'SIGKILL')
    t.ok(said > lastId, `round ${round} stored events up to ${said}`)
    lastId = said
  }
  const { store, notices } = openStore(t, { path, wallClockMs: () => testNowMs })
  const { eventCount } = store.history.extent()
  t.ok(eventCount >= lastId, `${eventCount} of at least ${lastId} events are there`)
  const [all] = store.history.breakdown('all', 0, testNowMs, 1)
  t.equal(all?.count, eventCount, 'each event is counted once')
  t.strictSame(notices, [])
})

/** @returns the last number that the process said it had stored, after `transactions` of them. */
async function writeAndKill(path: string, transactions: number): Promise<{ said: number; signal: unknown }> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/support/write-until-killed.js`, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += String(chunk)
    if (text.split('\n').length > transactions) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'close')
  return { said: Number(text.trimEnd().split('\n').at(-1)), signal }
}
