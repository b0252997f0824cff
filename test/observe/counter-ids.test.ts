import t from 'tap'
import { parseErrors } from '#src/batch/record-layout.js'
import {
  answerKinds,
  CounterId,
  counterSlots,
  gcKinds,
  processRestartCauses,
  rejectedReasons,
  reloadResults,
  restartCauses,
  shedReasons,
  timeoutKinds,
} from '#src/observe/counter-ids.js'
import { allocateCounters, SharedCounters } from '#src/observe/shared-counters.js'
import { bodyFaults } from '#src/request/body/body-fault.js'
import { outcomes } from '#src/verdict/outcome.js'

const familySizes: Readonly<Record<string, number>> = {
  outcome: outcomes.length,
  shed: shedReasons.length,
  rejected: rejectedReasons.length,
  answer: answerKinds.length,
  timeout: timeoutKinds.length,
  restart: restartCauses.length,
  reload: reloadResults.length,
  gcCount: gcKinds.length,
  gcUs: gcKinds.length,
  processRestart: processRestartCauses.length,
  parseError: parseErrors.length,
  bodyFault: bodyFaults.length,
}

t.test('no two numbers share an index, families included, and all fit the memory', async (t) => {
  const owners = new Map<number, string>()
  for (const [name, base] of Object.entries(CounterId)) {
    for (let offset = 0; offset < (familySizes[name] ?? 1); offset++) {
      t.equal(owners.get(base + offset), undefined, `${name}+${offset} is free`)
      owners.set(base + offset, name)
    }
  }
  t.ok(Math.max(...owners.keys()) < counterSlots)
})

t.test('what one view writes another view of the same memory reads', async (t) => {
  const memory = allocateCounters()
  const writer = new SharedCounters(memory)
  const reader = new SharedCounters(memory)
  writer.add(CounterId.received, 2)
  writer.add(CounterId.received, 3)
  writer.set(CounterId.queueBytes, 2 ** 40)
  t.equal(reader.get(CounterId.received), 5)
  t.equal(reader.get(CounterId.queueBytes), 2 ** 40)
  t.equal(reader.get(CounterId.outcome), 0)
})
