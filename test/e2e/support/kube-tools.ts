// Programs that the Kubernetes tests run; built or fetched once, see test/kube/install-tools.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { repositoryRoot } from './repository.js'

export type KubeTool = 'helm' | 'kustomize' | 'yardstick' | 'hadolint'

const run = promisify(execFile)

/** The path of a program; the first time on a machine this takes minutes. */
export async function kubeTool(name: KubeTool): Promise<string> {
  const { stdout } = await run(join(repositoryRoot, 'test', 'kube', 'install-tools'), [name])
  return stdout.trim()
}
