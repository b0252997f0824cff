// A preload that makes a server slower by a known amount of CPU per answer, to see whether the comparison notices:
//   node --import file:///…/slow.js?burn-us=15 dist/main.js serve …
// It spins a counted loop and not until a time has passed: a thread that is put aside while it spins would burn less CPU.
import { Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'

/** How long the loop is tried to learn how many turns a microsecond has. */
const calibrationTurns = 20_000_000

const spinState = { value: 1 }

// Workers run preloads as well; only the listener answers.
if (isMainThread) slowDown(Number(new URL(import.meta.url).searchParams.get('burn-us') ?? 0))

function slowDown(burnUs: number): void {
  const turns = Math.round(burnUs * turnsPerUs())
  Socket.prototype.write = new Proxy(Socket.prototype.write, {
    apply: (write, socket, args) => {
      spin(turns)
      return Reflect.apply(write, socket, args)
    },
  })
}

function turnsPerUs(): number {
  // The first run only gets the loop compiled.
  spin(calibrationTurns)
  const before = process.cpuUsage()
  spin(calibrationTurns)
  const used = process.cpuUsage(before)
  return calibrationTurns / (used.user + used.system)
}

/** Cannot be optimised away: the result is stored where anyone could read it. */
function spin(turns: number): void {
  let state = spinState.value
  for (let turn = 0; turn < turns; turn++) state = (Math.imul(state, 1_103_515_245) + 12_345) | 0
  spinState.value = state
}
