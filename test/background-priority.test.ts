import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import t from 'tap'
import { backgroundNiceness, lowerBackgroundWork } from '#src/background-priority.js'

function priorities(isHelper: boolean): readonly number[] {
  const ids = readdirSync('/proc/self/task').filter(
    (id) => readFileSync(`/proc/self/task/${id}/comm`, 'latin1').startsWith('node-V8') === isHelper,
  )
  return ids.map((id) => getPriority(Number(id)))
}

t.test(
  'threads that help V8 yield, all others keep their priority',
  { skip: process.platform !== 'linux' && 'Linux alone shows threads' },
  async (t) => {
    const before = priorities(false)
    t.ok(lowerBackgroundWork() > 0)
    t.strictSame(new Set(priorities(true)), new Set([backgroundNiceness]))
    t.strictSame(priorities(false), before)
  },
)
