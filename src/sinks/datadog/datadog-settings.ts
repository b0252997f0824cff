// What the datadog sink is told; plain data, because it crosses into the reporting thread.

/** From the options of the group "Datadog" and the service's names. */
export interface DatadogSettings {
  /** `http://`, `https://` or `unix://`; empty = made of host and port. */
  readonly agentUrl: string
  /** Empty = the agent's usual socket if there is one, else this machine. */
  readonly agentHost: string
  readonly agentPort: number
  readonly service: string
  readonly env: string
  readonly version: string
  /** `name:value` between commas or blanks. */
  readonly tags: string
  /** AppSec without APM: the agent computes no statistics, and only what AppSec keeps is kept. */
  readonly isStandalone: boolean
}

/** What a reporter uses that was told nothing. */
export const localAgent: DatadogSettings = {
  agentUrl: '',
  agentHost: '',
  agentPort: 8126,
  service: 'request-mirror',
  env: '',
  version: '',
  tags: '',
  isStandalone: true,
}
