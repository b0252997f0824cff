// `mirrorwaf kube`: routes copies to mirrorwaf and takes it back; see src/kube.
import { createProcessIo } from '../kube/process-io.js'
import { runKubeCommand } from '../kube/run-kube-command.js'
import type { Command } from './command.js'

export const kubeCommand: Command = {
  name: 'kube',
  summary: 'Patch Gateway API routes so that they mirror to mirrorwaf; status, diff, undo, watch.',
  run: (argv, io) => runKubeCommand(argv, createProcessIo(io.environment)),
}
