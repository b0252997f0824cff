// Runs kube commands in this process, with streams of their own and nothing of its environment.
import { PassThrough, Readable } from 'node:stream'
import { runKubeCommand } from '#src/kube/run-kube-command.js'

/** What a command printed, and its exit code. */
export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** How a command is run; by default without terminal. */
export interface CommandSettings {
  readonly env?: Readonly<Record<string, string>>
  /** What the operator types, or what is piped in. */
  readonly stdin?: string | Readable
  readonly isTty?: boolean
  readonly signal?: AbortSignal
}

/** Runs `mirrorwaf kube ...` in this process, with nothing of its environment. */
export async function runCommand(argv: readonly string[], settings: CommandSettings = {}): Promise<CommandResult> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const texts = [collect(stdout), collect(stderr)]
  const stdin = settings.stdin instanceof Readable ? settings.stdin : Readable.from([settings.stdin ?? ''])
  const isTty = settings.isTty ?? false
  const code = await runKubeCommand(argv, {
    stdin,
    stdout,
    stderr,
    isTty: { stdin: isTty, stderr: isTty },
    env: settings.env ?? {},
    signal: settings.signal ?? new AbortController().signal,
  })
  stdout.end()
  stderr.end()
  const [out = '', err = ''] = await Promise.all(texts)
  return { code, stdout: out, stderr: err }
}

async function collect(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}
