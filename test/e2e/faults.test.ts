// What goes wrong around a receiver under load: it goes on answering, loses nothing it accepted, and counts what it drops.
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import t from 'tap'
import { attackNumber, startAttacks, testAnswers, withoutEvent } from './support/attack-load.js'
import { sendAlone } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { temporaryFolder } from './support/repository.js'
import { sleep, waitUntil } from './support/wait-until.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(300_000)

t.test('SIGTERM under load: what was answered is inspected and reported, then the exit is clean', async (t) => {
  const receiver = await Receiver.start(t)
  const load = startAttacks(receiver.port)
  await sleep(1_500)
  receiver.process.signal('SIGTERM')
  t.equal(await receiver.process.ended, 'exit 0')
  const result = await load.stop()
  t.ok(result.answered.length > 100, `${result.answered.length} answered`)
  t.strictSame(withoutEvent(result, receiver), [])
  t.comment(`${result.answered.length} answered, 0 without their event`)
})

t.test('rules loaded again under load: nothing is lost, nothing waits', async (t) => {
  const receiver = await Receiver.start(t)
  const load = startAttacks(receiver.port)
  for (let count = 1; count <= 3; count += 1) {
    receiver.process.signal('SIGHUP')
    await waitUntil(`reload ${count}`, async () => {
      const done = await receiver.metric('mirrorwaf_ruleset_reloads_total', 'result="ok"')
      return done === count || undefined
    })
  }
  const result = await load.stop()
  testAnswers(t, result)
  await receiver.awaitAccounted(result.answered.length)
  t.strictSame(withoutEvent(result, receiver), [])
})

t.test('rules that went bad: the old ones stay, and it is counted', async (t) => {
  const rulesPath = `${temporaryFolder(t)}/rules.json`
  copyFileSync(
    createRequire(import.meta.url).resolve('dd-trace/packages/dd-trace/src/appsec/recommended.json'),
    rulesPath,
  )
  const receiver = await Receiver.start(t, { rulesPath })
  writeFileSync(rulesPath, '{"version": "2.2", "rules": [')
  receiver.process.signal('SIGHUP')
  await waitUntil(
    'the failed reload to be counted',
    async () => {
      const failed = await receiver.metric('mirrorwaf_ruleset_reloads_total', 'result="failed"')
      return failed === 1 || undefined
    },
    () => receiver.process.describe(),
  )
  await sendAlone(receiver.port, attackNumber(1))
  await receiver.awaitEvent('case=n1-')
})

t.test('a reader of events that stands still costs events, counted, and no answer', async (t) => {
  const receiver = await Receiver.start(t, { isOutputStalled: true, args: ['--sink-queue-limit', '128KiB'] })
  const load = startAttacks(receiver.port)
  await waitUntil('events to be dropped', async () => {
    return (await receiver.metric('mirrorwaf_sink_dropped_total')) > 0 || undefined
  })
  await sleep(10_000)
  const result = await load.stop()
  testAnswers(t, result)
  const written = await receiver.metric('mirrorwaf_sink_events_total')
  const dropped = await receiver.metric('mirrorwaf_sink_dropped_total')
  t.comment(`${result.answered.length} events: ${written} written, ${dropped} dropped`)
})

t.test('a disk without room from the start costs events, counted, and no answer', async (t) => {
  const receiver = await Receiver.start(t, { args: ['--events', 'file:/dev/full'] })
  const load = startAttacks(receiver.port)
  await waitUntil('events to be dropped', async () => {
    return (await receiver.metric('mirrorwaf_sink_dropped_total')) > 0 || undefined
  })
  testAnswers(t, await load.stop())
})

t.test('a disk that fills up: what fits is whole, the rest is counted, and with room again events go on', async (t) => {
  const limitBytes = 64 * 1024
  const receiver = await Receiver.start(t, { fileLimitBytes: limitBytes })
  const load = startAttacks(receiver.port)
  await waitUntil('events to be dropped', async () => {
    return (await receiver.metric('mirrorwaf_sink_dropped_total')) > 0 || undefined
  })
  const result = await load.stop()
  testAnswers(t, result)
  await receiver.awaitDecided(result.answered.length)
  const whole = receiver.events()
  t.ok(whole.length > 0)
  t.equal(readFileSync(receiver.eventsPath).length, limitBytes, 'the file is as large as it may be')
  const dropped = await receiver.metric('mirrorwaf_sink_dropped_total')
  t.equal(whole.length + dropped, result.answered.length, 'written and dropped ones are all')
  t.comment(`${result.answered.length} events: ${whole.length} written, ${dropped} dropped`)
  renameSync(receiver.eventsPath, `${receiver.eventsPath}.full`)
  receiver.process.signal('SIGHUP')
  await waitUntil('an event in the new file', async () => {
    await sendAlone(receiver.port, attackNumber(1_000_000))
    return receiver.events().some(({ request }) => request.query.includes('n1000000-')) || undefined
  })
})
