// The faulty worker thread; one that replaces a dead one does not get its engine at the first try.
import './break-first-start.js'

export { runTask } from './faulty-thread.js'
