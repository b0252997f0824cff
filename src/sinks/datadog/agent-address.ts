// Where the Datadog agent is, by the rules of Datadog's tracers: URL, then host and port, then the usual socket, then this machine.
import type { DatadogSettings } from './datadog-settings.js'

/** `origin` is what a request names; over a socket it is only a name. */
export interface AgentAddress {
  readonly origin: string
  readonly socketPath: string | undefined
}

/** Where the agent's own packages put its socket. */
export const usualSocket = '/var/run/datadog/apm.socket'

/**
 * @param url - of the target itself (`datadog:URL`); empty = the settings say.
 * @param hasSocket - whether a socket lies at a path.
 * @returns undefined when a URL is none that leads to an agent.
 */
export function findAgent(
  url: string,
  settings: DatadogSettings,
  hasSocket: (path: string) => boolean,
): AgentAddress | undefined {
  const given = url === '' ? settings.agentUrl : url
  if (given !== '') return readUrl(given)
  if (settings.agentHost === '' && hasSocket(usualSocket)) return atSocket(usualSocket)
  const host = settings.agentHost === '' ? '127.0.0.1' : settings.agentHost
  const origin = `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${settings.agentPort}`
  return URL.canParse(origin) ? { origin, socketPath: undefined } : undefined
}

function readUrl(text: string): AgentAddress | undefined {
  const socket = /^unix:(?:\/\/(?=\/))?(\/[^/].*)$/s.exec(text)
  if (socket !== null) return atSocket(socket[1] ?? '')
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined
  return { origin: new URL(text).origin, socketPath: undefined }
}

function atSocket(socketPath: string): AgentAddress {
  return { origin: 'http://localhost', socketPath }
}
