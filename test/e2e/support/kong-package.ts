// deploy/kong as its users have it: its packages installed from its own lock file, outside the repository.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { cacheFolder, repositoryRoot } from './repository.js'

/** The plugins as they stand in the repository. */
export const kongFolder: string = `${repositoryRoot}/deploy/kong`

/** Installs once for each lock file. @returns the folder that holds node_modules. */
export function installKongPackage(): string {
  const lock = readFileSync(`${kongFolder}/package-lock.json`)
  const folder = `${cacheFolder}/kong-${createHash('sha256').update(lock).digest('hex').slice(0, 16)}`
  if (existsSync(folder)) return folder
  const building = `${folder}.${process.pid}`
  mkdirSync(building, { recursive: true })
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(`${kongFolder}/${name}`, `${building}/${name}`)
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: building, stdio: 'pipe' })
  // Whole or not at all: a run that is cut off must not leave half an installation behind.
  if (existsSync(folder)) rmSync(building, { recursive: true })
  else renameSync(building, folder)
  return folder
}
