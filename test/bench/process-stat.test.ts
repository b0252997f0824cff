import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { BenchError } from '#bench/errors.js'
import { parseCoreList } from '#bench/measure/affinity.js'
import { ProcessReader, parseStat, parseStatusBytes } from '#bench/measure/process-stat.js'

/** A line of /proc/PID/stat: fields 14 to 17 are the CPU times. */
function statLine(pid: number, command: string, parentPid: number, ticks: readonly number[]): string {
  const zeros = '0 0 0 0 0 0 0 0 0'
  return `${pid} (${command}) S ${parentPid} ${zeros} ${ticks.join(' ')} 20 0 7 0 12345 0 0\n`
}

t.test('CPU times are read past any command name', async (t) => {
  const use = parseStat(statLine(42, 'a) R 1 (b', 7, [100, 20, 3, 4]))
  t.strictSame(use, { pid: 42, parentPid: 7, cpuTicks: 127, threads: 7 })
})

t.test('memory lines are read in bytes; one that is missing is 0', async (t) => {
  const status = 'Name:\tnode\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n'
  t.equal(parseStatusBytes(status, 'VmHWM'), 2048 * 1024)
  t.equal(parseStatusBytes(status, 'VmRSS'), 1024 * 1024)
  t.equal(parseStatusBytes(status, 'VmSwap'), 0)
})

t.test('a process tree is summed over all its generations and nothing else', async (t) => {
  const root = t.testdir()
  const processes = [
    [10, 1, [100, 10, 1, 1]],
    [11, 10, [50, 5, 0, 0]],
    [12, 11, [7, 0, 0, 0]],
    [13, 1, [999, 0, 0, 0]],
  ] as const
  for (const [pid, parentPid, ticks] of processes) {
    mkdirSync(join(root, String(pid)))
    writeFileSync(join(root, String(pid), 'stat'), statLine(pid, 'x', parentPid, ticks))
    writeFileSync(join(root, String(pid), 'status'), `VmHWM: ${pid} kB\nVmRSS: 1 kB\n`)
  }
  writeFileSync(join(root, 'uptime'), '1 1')
  const reader = new ProcessReader(root)
  t.strictSame(
    (await reader.tree(10)).map(({ pid }) => pid),
    [10, 11, 12],
  )
  t.equal(await reader.cpuUs(10), (112 + 55 + 7) * 10_000)
  t.strictSame(await reader.memory(10), { residentBytes: 3 * 1024, peakBytes: 33 * 1024 })
})

t.test('a process that is not there is a coded error', async (t) => {
  const reader = new ProcessReader(t.testdir())
  await t.rejects(reader.cpuUs(99), new BenchError('MWAF_BENCH_PLATFORM', { path: join(t.testdirName, '99', 'stat') }))
})

t.test('our own process has used CPU, has memory and files, and uses more when it works', async (t) => {
  const reader = new ProcessReader()
  const before = await reader.cpuUs(process.pid)
  const spent = process.cpuUsage()
  let used = 0
  while (used < 60_000) {
    const { user, system } = process.cpuUsage(spent)
    used = user + system
  }
  const after = await reader.cpuUs(process.pid)
  t.ok(after - before >= 40_000, `${after - before} us seen of 60000 spent`)
  const { residentBytes, peakBytes } = await reader.memory(process.pid)
  t.ok(residentBytes > 1_000_000 && peakBytes >= residentBytes)
  t.ok((await reader.openFiles(process.pid)) >= 3)
})

t.test('lists of cores', async (t) => {
  t.strictSame(parseCoreList('0-3,8'), [0, 1, 2, 3, 8])
  t.strictSame(parseCoreList('5'), [5])
  t.strictSame(parseCoreList(''), [])
})
