// npm run bench:compare -- --base REF: is the working tree slower than REF? Both are built and measured here and now.
//   node build/bench/compare.js --base REF [--scenario NAME] [--seconds S] [--rounds N] [--max-rounds N] [--json FILE]
//   node build/bench/compare.js --self-test [--runs N] [--subject ours|floor]
// Exit code: 0 = not slower, 1 = slower, 2 = could not run, 3 = too noisy here to tell.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readArguments, runScript, type ScriptArguments } from './cli/script.js'
import { type ArmBench, type Arms, type ChangeVerdict, compareArms } from './compare/arms.js'
import { checkOutBase } from './compare/base-checkout.js'
import { describeJudgement } from './compare/judge.js'
import { BenchError } from './errors.js'
import { Sender } from './load/sender.js'
import { placeProcesses } from './measure/affinity.js'
import { describeMachine, readMachineFacts } from './measure/machine.js'
import { measureRound } from './measure/round.js'
import { median } from './measure/statistics.js'
import { selectScenarios } from './scenarios.js'
import { floorServer } from './servers/floor.js'
import { receiverServer } from './servers/ours.js'
import type { ServerKind } from './servers/server.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const slowPath = new URL('./compare/slow.js', import.meta.url)
/** What the self-test plants, and what a comparison must be able to tell to be worth its verdict. */
const plantedShare = 0.15
/** Rounds go on until a CPU difference of this ratio could be told: a little less than what must never slip through. */
const wantedRatio = 1.12
const exitCodes = { same: 0, slower: 1, tooNoisy: 3 } as const

await runScript(main)

async function main(): Promise<number> {
  const line = readArguments(process.argv.slice(2), {
    base: { type: 'string' },
    scenario: { type: 'string' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    'max-rounds': { type: 'string' },
    json: { type: 'string' },
    'self-test': { type: 'boolean' },
    runs: { type: 'string' },
    subject: { type: 'string' },
  })
  const placement = placeProcesses()
  const machine = readMachineFacts(repository, placement)
  console.log(describeMachine(machine))
  const sender = new Sender(placement.senderCore)
  const bench = readBench(line, sender, placement.serverCore)
  if (line.isSet('self-test')) return selfTest(line, bench)

  const ref = line.text('base')
  if (ref === undefined) throw new BenchError('MWAF_BENCH_OPTION', { option: '--base', reason: 'a commit is needed' })
  const base = await checkOutBase(repository, ref)
  try {
    const arms: Arms = [
      receiverServer({ name: 'base', folder: base.folder, isInspecting: true }),
      receiverServer({ name: 'base again', folder: base.folder, isInspecting: true }),
      receiverServer({ name: 'working tree', folder: repository, isInspecting: true }),
    ]
    const verdicts = await compareArms(arms, bench)
    for (const verdict of verdicts) console.log(describeVerdict(verdict))
    const jsonPath = line.text('json')
    const result = { machine, base: base.commit, scenario: bench.scenario.name, verdicts }
    if (jsonPath !== undefined) await writeFile(jsonPath, `${JSON.stringify(result, null, 2)}\n`)
    return Math.max(...verdicts.map(exitCodeOf))
  } finally {
    sender.stop()
    base.remove()
  }
}

function readBench(line: ScriptArguments, sender: Sender, core: number | undefined): ArmBench {
  const [scenario, ...more] = selectScenarios([line.text('scenario') ?? 'ack-attacks-1pct'], false)
  if (scenario === undefined || more.length > 0) {
    throw new BenchError('MWAF_BENCH_OPTION', { option: '--scenario', reason: 'exactly one scenario is compared' })
  }
  const seconds = line.number('seconds', 2, 0.1)
  const least = line.number('rounds', 6, 3)
  return {
    scenario,
    lengths: { warmUpSeconds: seconds, closedSeconds: seconds, openSeconds: seconds, sliceSeconds: 0.25 },
    limits: { least, most: line.number('max-rounds', 3 * least, least), wantedRatio },
    sender,
    core,
    onRound: (round, results) => {
      const figures = results.map(({ closed, open }) => closed?.cpuUsPerRequest ?? open?.cpuUsPerRequest ?? Number.NaN)
      console.log(`round ${round}: CPU us/request ${figures.map((figure) => figure.toFixed(2)).join(' ')}`)
    },
  }
}

function describeVerdict({ name, cpu, p99 }: ChangeVerdict): string {
  const lines = [describeJudgement(`${name}, CPU per request`, cpu)]
  if (p99 !== undefined) lines.push(describeJudgement(`${name}, answer p99`, p99))
  return lines.join('\n')
}

function exitCodeOf({ cpu, p99 }: ChangeVerdict): number {
  if (cpu.isSlower || p99?.isSlower) return exitCodes.slower
  if (cpu.smallestDetectable <= 1 + plantedShare) return exitCodes.same
  console.log('too noisy here to tell a change of 15 %: this is no verdict')
  return exitCodes.tooNoisy
}

/** Does the comparison catch what it must and keep quiet about nothing? Both asked in the same rounds, `--runs` times. */
async function selfTest(line: ScriptArguments, bench: ArmBench): Promise<number> {
  const runs = line.number('runs', 5, 1)
  const make = subjectMaker(line.text('subject') ?? 'ours')
  const burnUs = plantedShare * (await measureCpuUs(make('calibration', []), bench))
  const slowUrl = new URL(`?burn-us=${burnUs.toFixed(3)}`, slowPath)
  console.log(`planted: ${burnUs.toFixed(2)} us per answer, ${plantedShare * 100} % of the measured CPU per request`)
  let caught = 0
  let passed = 0
  for (let run = 1; run <= runs; run++) {
    const arms: Arms = [
      make('base', []),
      make('base again', []),
      make('no change', []),
      make('planted', ['--import', slowUrl.href]),
    ]
    const verdicts = await compareArms(arms, bench)
    for (const verdict of verdicts) console.log(`run ${run}: ${describeVerdict(verdict)}`)
    const [same, planted] = verdicts
    if (same !== undefined && exitCodeOf(same) === exitCodes.same) passed++
    if (planted !== undefined && exitCodeOf(planted) === exitCodes.slower) caught++
  }
  bench.sender.stop()
  console.log(`self-test: planted slowdown caught in ${caught} of ${runs}, no change passed in ${passed} of ${runs}`)
  return caught === runs && passed === runs ? exitCodes.same : exitCodes.slower
}

function subjectMaker(subject: string): (name: string, nodeArguments: readonly string[]) => ServerKind {
  if (subject === 'floor') return floorServer
  if (subject === 'ours') {
    return (name, nodeArguments) => receiverServer({ name, folder: repository, isInspecting: true, nodeArguments })
  }
  throw new BenchError('MWAF_BENCH_OPTION', { option: '--subject', reason: `${subject} is neither ours nor floor` })
}

/** CPU per request as three fresh processes have it. */
async function measureCpuUs(kind: ServerKind, bench: ArmBench): Promise<number> {
  const scenario = { ...bench.scenario, openPerSecond: undefined }
  const values: number[] = []
  for (let round = 0; round < 3; round++) {
    const [result] = await measureRound([kind], round, { ...bench, scenario })
    values.push(result?.closed?.cpuUsPerRequest ?? Number.NaN)
  }
  return median(values)
}
