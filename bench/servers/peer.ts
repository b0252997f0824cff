// Starts the Go yardstick, bench/peer: the published Datadog modules put together as their own request mirror is.
import { acceptsConnections, findFreePort, startChild } from './child.js'
import { startRecordingAgent } from './recording-agent.js'
import type { RunningServer, ServerKind, StartRequest } from './server.js'

/** dd-trace-go sends what it gathered once a second. */
const traceFlushMs = 1200

/**
 * The yardstick.
 * @param binary - from `buildPeer`.
 * @param rulesPath - the same ruleset file that the receiver loads.
 */
export function peerServer(binary: string, rulesPath: string): ServerKind {
  return { name: 'peer', start: (request) => startPeer(binary, rulesPath, request) }
}

async function startPeer(binary: string, rulesPath: string, { mode, core }: StartRequest): Promise<RunningServer> {
  const agent = await startRecordingAgent()
  const port = await findFreePort()
  const env = {
    LISTEN: `127.0.0.1:${port}`,
    HIJACK: mode === 'hijack' ? '1' : '0',
    DD_TRACE_AGENT_URL: agent.url,
    DD_APPSEC_ENABLED: 'true',
    DD_APPSEC_RULES: rulesPath,
    DD_APPSEC_WAF_TIMEOUT: '10ms',
    // Every attack is to be reported, as ours does; the default of 100 a second would hide them and save work.
    DD_APPSEC_TRACE_RATE_LIMIT: '1000000',
    // As in Datadog's image for the request mirror: AppSec without APM.
    DD_APM_TRACING_ENABLED: 'false',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_TRACE_STARTUP_LOGS: 'false',
  }
  try {
    const child = await startChild({ name: 'peer', core, env, command: [binary] }, () => acceptsConnections(port))
    return {
      pid: child.pid,
      port,
      flushMs: traceFlushMs,
      burstBytes: Number.POSITIVE_INFINITY,
      report: async () => ({ received: undefined, matched: agent.countEvents(), shed: undefined }),
      stop: () => child.stop().finally(agent.stop),
    }
  } catch (error) {
    await agent.stop()
    throw error
  }
}
