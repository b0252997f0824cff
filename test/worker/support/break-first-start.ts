// Makes the first ruleset that a respawned worker reads fail, as a machine short of memory might. Imported before the thread.
import { workerData } from 'node:worker_threads'
import type { WorkerSettings } from '#src/worker/messages.js'

const { respawnGate } = workerData as WorkerSettings
const [deathCount = 0] = new Int32Array(respawnGate)
const parse = JSON.parse

if (deathCount > 0) {
  JSON.parse = () => {
    JSON.parse = parse
    throw new Error('out of luck')
  }
}
