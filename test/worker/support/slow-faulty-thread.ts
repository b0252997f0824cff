// The faulty worker thread, as on a machine where loading a ruleset takes its time.
export { runTask } from './faulty-thread.js'

const loadMs = 1500
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, loadMs)
