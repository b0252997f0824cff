// The commands by name. Each is imported only when it runs: `mirrorwaf version` must not load an engine.
import type { Command } from './command.js'

/** In the order of the overview. */
export const commandNames = [
  'serve',
  'scan',
  'rules',
  'gateway',
  'demo',
  'doctor',
  'kube',
  'kong-plugin-server',
  'version',
  'help',
] as const
export type CommandName = (typeof commandNames)[number]

/** The command, or `undefined` when there is none of that name. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  return isCommandName(name) ? loaders[name]() : undefined
}

const loaders: Readonly<Record<CommandName, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.js')).serveCommand,
  scan: async () => (await import('./scan.js')).scanCommand,
  rules: async () => (await import('./rules.js')).rulesCommand,
  gateway: async () => (await import('./gateway.js')).gatewayCommand,
  demo: async () => (await import('./demo.js')).demoCommand,
  doctor: async () => (await import('./doctor.js')).doctorCommand,
  kube: async () => (await import('./kube.js')).kubeCommand,
  'kong-plugin-server': async () => (await import('./kong-plugin-server.js')).kongPluginServerCommand,
  version: async () => (await import('./version.js')).versionCommand,
  help: async () => (await import('./help.js')).helpCommand,
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(loaders, name)
}
