// The reporting thread dies and is started again: the page is back at its address, with what was stored.
import type { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { recordOf } from '#src/json-shape.js'
import { startThread } from '#src/sinks/reporting-life.js'
import { waitUntil } from '../e2e/support/wait-until.js'
import { fetchAdmin, startTestReporter } from '../sinks/support/reporter.js'
import { eventOf } from '../store/support/event-lines.js'

/** A reporter with page and store; `workers` are its threads so far. It ends with the test. */
async function startDesk(t: Test, storePath: string) {
  const workers: Worker[] = []
  const started = await startTestReporter({
    admin: { host: '127.0.0.1', port: 0 },
    desk: {
      storePath,
      storeLimitBytes: 32 * 1024 * 1024,
      storeAgeMs: 365_000 * 86_400_000,
      queueLimitBytes: 1024 * 1024,
      ui: { address: { host: '127.0.0.1', port: 0 }, hosts: [], tokenFile: '', rules: [] },
    },
    startThread: (data) => {
      const worker = startThread(data)
      workers.push(worker)
      return worker
    },
  })
  t.teardown(() => started.reporter.stop())
  return { ...started, workers }
}

t.test('a history in memory that died with its thread is told on the page and in the log', async (t) => {
  const { reporter, notices, workers } = await startDesk(t, '')
  const url = `http://127.0.0.1:${reporter.uiAddress?.port}`
  reporter.send([1, 2].map(() => Buffer.from(`${JSON.stringify(eventOf())}\n`)))
  await reporter.flush(2000)
  await workers[0]?.terminate()
  const live = await waitUntil('the page to be back', () => fetch(`${url}/api/live`).catch(() => undefined))
  const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader()
  const hello = (await reader?.read())?.value ?? ''
  await reader?.cancel()
  t.match(hello, '"forgottenCount":2')
  t.match(notices.at(-1), { code: 'MWAF_REPORTER_LOSS', details: { events: 0, history: 2 } })
  const metrics = await (await fetchAdmin(reporter, '/metrics')).text()
  t.match(metrics, 'mirrorwaf_store_forgotten_events_total 2\n')
  t.match(metrics, 'mirrorwaf_store_open 1\n')
})

t.test('a thread that died comes back with its page and its store', async (t) => {
  const { reporter, workers } = await startDesk(t, `${t.testdir()}/events.db`)
  const countStored = async (): Promise<number> => {
    const answer: unknown = await (await fetch(`http://127.0.0.1:${reporter.uiAddress?.port}/api/events`)).json()
    return Number(recordOf(answer)['totalCount'])
  }
  const send = (): void => reporter.send([Buffer.from(`${JSON.stringify(eventOf())}\n`)])
  send()
  await waitUntil('the event to be stored', async () => ((await countStored()) === 1 ? true : undefined))
  await workers[0]?.terminate()
  await waitUntil('the page to be back', async () => ((await countStored()) === 1 ? true : undefined))
  send()
  await waitUntil('the next event to be stored', async () => ((await countStored()) === 2 ? true : undefined))
  t.equal(workers.length, 2)
})
