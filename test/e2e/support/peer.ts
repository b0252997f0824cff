// The Go peer (bench/peer): Datadog's own inspection of mirrored requests, the yardstick for what must be reported.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { canConnect } from './can-connect.js'
import { findFreePorts } from './free-ports.js'
import { OwnProcess } from './own-process.js'
import { RecordingAgent } from './recording-agent.js'
import { cacheFolder, repositoryRoot } from './repository.js'
import { waitUntil } from './wait-until.js'

export interface Peer {
  readonly port: number
  readonly process: OwnProcess
  readonly agent: RecordingAgent
}

/**
 * Builds the peer (Go's own cache makes that quick the second time).
 * @param go - the Go program.
 * @returns the peer's program.
 */
export async function buildPeer(go: string): Promise<string> {
  const program = `${cacheFolder}/bin/mirrorpeer`
  await promisify(execFile)(go, ['build', '-o', program, '.'], { cwd: `${repositoryRoot}/bench/peer` })
  return program
}

/** What a test may have otherwise. */
export interface PeerChanges {
  /** Takes what another program sends too. */
  readonly agent?: RecordingAgent
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the peer on the given rules, with limits so high that it leaves nothing out. It ends with the test `t`. */
export async function startPeer(t: Test, program: string, rulesPath: string, changes: PeerChanges = {}): Promise<Peer> {
  const agent = changes.agent ?? (await RecordingAgent.start(t))
  const [port = 0] = await findFreePorts(1)
  const peer = OwnProcess.start(t, {
    name: 'the Go peer',
    command: program,
    args: [],
    env: {
      LISTEN: `127.0.0.1:${port}`,
      HIJACK: '0',
      DD_TRACE_AGENT_URL: agent.url,
      DD_APPSEC_ENABLED: 'true',
      DD_APPSEC_RULES: rulesPath,
      DD_APPSEC_TRACE_RATE_LIMIT: '100000',
      DD_APPSEC_WAF_TIMEOUT: '10s',
      DD_APM_TRACING_ENABLED: 'true',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false',
      ...changes.env,
    },
  })
  await waitUntil(
    'the Go peer to listen',
    async () => {
      peer.assertRunning()
      return (await canConnect(port)) || undefined
    },
    () => peer.describe(),
  )
  return { port, process: peer, agent }
}
