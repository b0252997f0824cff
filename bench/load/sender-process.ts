// Entry of the sender process: takes tasks over IPC, one at a time, and answers each. Lives as long as the bench, so that
// its own code is compiled and warm when it measures.
import { runAutocannon } from './autocannon-run.js'
import type { SenderReply, SenderTask } from './plan.js'
import { PlanRunner } from './run-plan.js'

const runner = new PlanRunner()

process.on('message', (message) => {
  // Foreign boundary: IPC. Only load/sender.ts of the same build writes to this channel.
  const task = message as SenderTask
  perform(task)
    .catch((error: unknown): SenderReply => ({ kind: 'failed', reason: String(error) }))
    .then((reply) => process.send?.(reply))
})
process.on('disconnect', () => process.exit(0))

async function perform(task: SenderTask): Promise<SenderReply> {
  switch (task.kind) {
    case 'load':
      return { kind: 'load', results: await runner.run(task.plan) }
    case 'autocannon':
      return { kind: 'autocannon', result: await runAutocannon(task.plan) }
    default:
      return task satisfies never
  }
}
