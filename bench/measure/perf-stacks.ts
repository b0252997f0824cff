// Samples of a process by Linux perf, kernel included: V8's own profiler does not see the kernel, where most of a listener's
// time goes.
import { execFileSync, spawn } from 'node:child_process'
import { BenchError } from '../errors.js'
import type { Origin, StackFrame } from '../report/flame-graph.js'

const samplesPerSecond = 997
const outputLimitBytes = 512 * 1024 * 1024
/** The kernel's own layers below what it was asked for are not what a picture of the receiver is about. */
const kernelDepth = 5

/** Frames between the kernel's entry or the event loop and what is asked about; they would only make the picture high. */
const leftOut =
  /^(_start|__libc_start|main$|uv_|uv__|start_thread|clone|entry_SYSCALL|do_syscall_64|__x64_sys|x64_sys|Builtins_(JSEntry|Call|Interpreter|Construct)|v8::|node::(Start|Spin|worker|Node|Internal|Async|Make|StreamBase|Stream|LibuvStream|EmitTo|Custom|Report|TCPWrap::TCPWrap)|std::)/

/**
 * Samples all threads of a process.
 * @param dataPath - scratch file.
 * @returns one stack per sample, outermost frame first, the thread's name on top.
 * @throws BenchError `MWAF_BENCH_PERF` when perf is missing or not allowed.
 */
export async function sampleStacks(pid: number, seconds: number, dataPath: string): Promise<StackFrame[][]> {
  const asked = ['record', '-q', '-F', String(samplesPerSecond), '-g', '-p', String(pid), '-o', dataPath]
  await run('perf', [...asked, '--', 'sleep', String(seconds)])
  const fields = ['-F', 'comm,ip,sym,dso', '--no-inline']
  const text = execFileSync('perf', ['script', '-i', dataPath, ...fields], {
    encoding: 'utf8',
    maxBuffer: outputLimitBytes,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text
    .split('\n\n')
    .map(readStack)
    .filter((stack) => stack.length > 0)
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'ignore' })
    const fail = (reason: string): void => reject(new BenchError('MWAF_BENCH_PERF', { reason }))
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => (code === 0 ? resolve() : fail(`it ended with code ${code}`)))
  })
}

/** One sample: the thread's name, then frames from the innermost out. */
function readStack(sample: string): StackFrame[] {
  const [head, ...lines] = sample.split('\n').filter((line) => line.trim() !== '')
  if (head === undefined) return []
  const frames = lines.map(readFrame).filter((frame) => frame !== undefined)
  const outward = frames.reverse()
  const kernelStart = outward.findIndex(({ origin }) => origin === 'kernel')
  const shown = kernelStart < 0 ? outward : outward.slice(0, kernelStart + kernelDepth)
  return [{ label: head.trim(), origin: 'thread' }, ...shown]
}

function readFrame(line: string): StackFrame | undefined {
  const [, symbol = '', file = ''] = /^\s*[0-9a-f]+ (.*) \((.*)\)$/.exec(line) ?? []
  if (symbol === '' || symbol === '[unknown]' || leftOut.test(symbol)) return undefined
  const script = /^JS:[*'~^+]*(.*?) (\S+?):\d+:\d+$/.exec(symbol)
  if (script === null) return { label: symbol.replace(/\.(isra|part|constprop)\.\d+$/, ''), origin: originOf(file) }
  const [, name = '', url = ''] = script
  const isOurs = url.includes('/dist/') && !url.includes('node_modules')
  return {
    label: `${name || '(anonymous)'} ${url.slice(url.lastIndexOf('/') + 1)}`,
    origin: isOurs ? 'mirrorwaf' : 'node',
  }
}

function originOf(file: string): Origin {
  if (file === '[kernel.kallsyms]') return 'kernel'
  return file.endsWith('/node') || file.endsWith('.map') ? 'node' : 'native'
}
